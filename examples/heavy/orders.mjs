/** Orders in an SQLite database, with the runtime's own driver. Node has one from 22.5 on: before that a file is read. */
import fs from "node:fs";
import { join } from "node:path";

const COUNT = 20_000;

/** What `SUM` has to go through for an answer, so that the loop is blocked for a while. */
const QUERY =
  "SELECT COUNT(*) AS count, SUM(price) AS price FROM orders WHERE customer = ?";

/** Makes the database in `folder`. `find(customer)` blocks the loop. */
export async function openOrders(folder) {
  const database = await openDatabase(join(folder, "orders.db"));
  if (database === undefined) return ordersInFile(join(folder, "orders.json"));
  database.exec(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, price REAL)",
  );
  const insert = database.prepare(
    "INSERT INTO orders (customer, price) VALUES (?, ?)",
  );
  database.exec("BEGIN");
  for (let i = 0; i < COUNT; i++) insert.run(i % 100, i / 10);
  database.exec("COMMIT");
  // Bun keeps the statements of query() for their next use.
  if (database.query !== undefined) {
    return { find: (customer) => database.query(QUERY).get(customer) };
  }
  const statement = database.prepare(QUERY);
  return { find: (customer) => statement.get(customer) };
}

async function openDatabase(path) {
  if (globalThis.Bun !== undefined) {
    const { Database } = await import("bun:sqlite");
    return new Database(path);
  }
  try {
    const { DatabaseSync } = await import("node:sqlite");
    return new DatabaseSync(path);
  } catch {
    return undefined;
  }
}

function ordersInFile(path) {
  const all = Array.from(
    { length: COUNT },
    (_, i) => ({ customer: i % 100, price: i / 10 }),
  );
  fs.writeFileSync(path, JSON.stringify(all));
  return {
    find(customer) {
      const rows = JSON.parse(fs.readFileSync(path, "utf8"))
        .filter((row) => row.customer === customer);
      return {
        count: rows.length,
        price: rows.reduce((sum, { price }) => sum + price, 0),
      };
    },
  };
}
