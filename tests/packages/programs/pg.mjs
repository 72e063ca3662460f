/** pg: a pool, transactions, cursors of a kind, notifications and errors, against a real PostgreSQL. */
import process from "node:process";
import pg from "pg";

/** Runs that happen at the same time keep out of each other's way. */
const SCHEMA = `run_${process.env.PACKAGES_RUN}`;
const CONNECTION = {
  host: "127.0.0.1",
  port: Number(process.env.PACKAGES_POSTGRES_PORT),
  user: "looptrace",
  database: "postgres",
  options: `-c search_path=${SCHEMA}`,
};

export default async function main(say) {
  const pool = new pg.Pool({ ...CONNECTION, max: 3 });
  await pool.query(`drop schema if exists ${SCHEMA} cascade`);
  await pool.query(`create schema ${SCHEMA}`);
  await pool.query(
    "create table account (id int primary key, amount int not null check (amount >= 0))",
  );
  await pool.query("insert into account values (1, 100), (2, 100)");
  await queries(say, pool);
  await transfers(say, pool);
  await notifications(say, pool);
  await pool.end();
  say(`${pool.totalCount} clients are left`);
}

async function queries(say, pool) {
  const rows = await Promise.all([3, 1, 2, 5, 4].map((n) => square(pool, n)));
  say(`squares: ${rows}`);
  const { rows: typed } = await pool.query(
    "select $1::int as n, $2::text as t, $3::jsonb as j, $4::timestamptz as at",
    [1, "text", { a: [1] }, new Date(0)],
  );
  say(JSON.stringify(typed[0]));
  const wrong = await pool.query("select * from nowhere").catch((error) =>
    error.code
  );
  say(`error: ${wrong}`);
  const { rows: slept } = await pool.query(
    "select pg_sleep(0.01), 'slept' as what",
  );
  say(slept[0].what);
}

async function square(pool, n) {
  const { rows } = await pool.query("select $1::int * $1::int as square", [n]);
  return rows[0].square;
}

async function transfers(say, pool) {
  say(`transfer: ${await transfer(pool, 1, 2, 30)}`);
  say(`transfer: ${await transfer(pool, 1, 2, 300)}`);
  const both = await Promise.all([
    transfer(pool, 2, 1, 10),
    transfer(pool, 2, 1, 20),
  ]);
  say(`transfers: ${both}`);
  const { rows } = await pool.query(
    "select id, amount from account order by id",
  );
  say(JSON.stringify(rows));
}

async function transfer(pool, from, to, amount) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query(
      "update account set amount = amount - $1 where id = $2",
      [amount, from],
    );
    await client.query(
      "update account set amount = amount + $1 where id = $2",
      [amount, to],
    );
    await client.query("commit");
    return "done";
  } catch (error) {
    await client.query("rollback");
    return error.code;
  } finally {
    client.release();
  }
}

async function notifications(say, pool) {
  const listener = new pg.Client(CONNECTION);
  await listener.connect();
  const heard = [];
  const all = new Promise((resolve) => {
    listener.on("notification", ({ payload }) => {
      heard.push(payload);
      if (heard.length === 3) resolve();
    });
  });
  await listener.query(`listen ${SCHEMA}`);
  for (const payload of ["first", "second", "third"]) {
    await pool.query("select pg_notify($1, $2)", [SCHEMA, payload]);
  }
  await all;
  say(`heard: ${heard}`);
  await listener.end();
}
