/** SQLite. */
import process from "node:process";

/** Takes some milliseconds. */
const COUNTING =
  "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT count(*) FROM n";
const FILLING =
  "INSERT INTO numbers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n";
const TABLE = "CREATE TABLE IF NOT EXISTS numbers (i INTEGER)";
/** Takes a while to be read. */
const LONG = `SELECT ${Array(500).fill("1").join(", ")}`;
const QUICK = "takes less than the 20 us that are told";

function nodeSqlite(h) {
  const sqlite = process.getBuiltinModule("node:sqlite");
  if (sqlite === undefined) h.skip("this runtime has it not");
  const database = new sqlite.DatabaseSync(":memory:");
  database.exec(TABLE);
  return { sqlite, database };
}

async function bunDatabase() {
  const { Database } = await import("bun:sqlite");
  const database = new Database(":memory:");
  database.run(TABLE);
  return database;
}

const ofNode = [
  {
    api: "sqlite.DatabaseSync.exec",
    target: "INSERT",
    run: (h) => {
      const { database } = nodeSqlite(h);
      h.sync(() => database.exec(FILLING));
    },
  },
  {
    api: "sqlite.DatabaseSync.prepare",
    target: "SELECT",
    run: (h) => {
      const { database } = nodeSqlite(h);
      h.sync(() => database.prepare(LONG));
    },
  },
  {
    api: "sqlite.DatabaseSync.open",
    run: (h) => {
      const { sqlite } = nodeSqlite(h);
      const database = new sqlite.DatabaseSync(h.path("opened.db"), {
        open: false,
      });
      h.sync(() => database.open());
      database.close();
    },
  },
  {
    api: "sqlite.DatabaseSync.close",
    run: (h) => {
      const { sqlite } = nodeSqlite(h);
      const database = new sqlite.DatabaseSync(h.path("closed.db"));
      database.exec(TABLE);
      database.exec(FILLING);
      h.sync(() => database.close());
    },
  },
  ...["applyChangeset", "deserialize", "serialize"].map((key) => ({
    api: `sqlite.DatabaseSync.${key}`,
    untested: "only the newest runtimes have it",
  })),
  {
    api: "sqlite.StatementSync.all",
    target: "SELECT",
    run: (h) => {
      const { database } = nodeSqlite(h);
      database.exec(FILLING);
      const statement = database.prepare("select * from numbers");
      h.sync(() => statement.all());
    },
  },
  {
    api: "sqlite.StatementSync.get",
    target: "WITH",
    run: (h) => {
      const statement = nodeSqlite(h).database.prepare(COUNTING);
      h.sync(() => statement.get());
    },
  },
  {
    api: "sqlite.StatementSync.run",
    target: "INSERT",
    run: (h) => {
      const statement = nodeSqlite(h).database.prepare(FILLING);
      h.sync(() => statement.run());
    },
  },
  {
    api: "sqlite.StatementSync.iterate",
    target: "WITH",
    run: (h) => {
      const rows = nodeSqlite(h).database.prepare(COUNTING).iterate();
      h.sync(() => rows.next());
    },
  },
  {
    api: "sqlite.backup",
    async run(h) {
      if (h.runtime !== "node") h.skip("is done before it returns");
      const { sqlite, database } = nodeSqlite(h);
      if (sqlite.backup === undefined) h.skip("this runtime has it not");
      database.exec(FILLING);
      await h.timed(() => sqlite.backup(database, h.path("backup.db")));
    },
  },
];

const ofBun = [
  ...["exec", "run"].map((key) => ({
    api: `bun:sqlite.Database.${key}`,
    target: "INSERT",
    async run(h) {
      const database = await bunDatabase();
      h.sync(() => database[key](FILLING));
    },
  })),
  ...["prepare", "query"].map((key) => ({
    api: `bun:sqlite.Database.${key}`,
    target: "SELECT",
    async run(h) {
      const database = await bunDatabase();
      h.sync(() => database[key](LONG));
    },
  })),
  {
    api: "bun:sqlite.Database.serialize",
    async run(h) {
      const database = await bunDatabase();
      database.run(FILLING);
      h.sync(() => database.serialize());
    },
  },
  { api: "bun:sqlite.Database.close", untested: QUICK },
  ...["all", "get", "raw", "run", "values"].map((key) => ({
    api: `Statement.${key}`,
    target: "WITH",
    async run(h) {
      const statement = (await bunDatabase()).query(COUNTING);
      h.sync(() => statement[key]());
    },
  })),
  {
    api: "Statement.iterate",
    target: "WITH",
    async run(h) {
      const rows = (await bunDatabase()).query(COUNTING).iterate();
      h.sync(() => rows.next());
    },
  },
].map((snippet) => ({ ...snippet, runtimes: ["bun"] }));

export const snippets = [...ofNode, ...ofBun];
