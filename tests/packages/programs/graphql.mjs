/** graphql: resolvers that wait, in parallel and one after the other, and subscriptions. */
import { buildSchema, execute, parse, subscribe } from "graphql";
import { metronome, sleep } from "./steps.mjs";

const schema = buildSchema(`
  type Query { user(id: Int!): User, users: [User!]!, broken: String! , maybe: String }
  type User { id: Int!, name: String!, friends: [User!]! }
  type Mutation { add(by: Int!): Int! }
  type Subscription { count(to: Int!): Int! }
`);

export default async function main(say) {
  const rootValue = resolvers(say);
  const ask = async (query) => {
    const result = await execute({ schema, document: parse(query), rootValue });
    say(JSON.stringify(result));
  };
  const ticking = metronome(say, 30);
  await ask("{ user(id: 1) { name friends { id name } } users { name } }");
  await ticking;
  await ask("mutation { a: add(by: 3) b: add(by: 2) c: add(by: 1) }");
  await ask("{ maybe broken }");
  await ask("{ maybe }");
  const numbers = await subscribe({
    schema,
    document: parse("subscription { count(to: 3) }"),
    rootValue,
  });
  for await (const { data } of numbers) say(`count ${data.count}`);
}

function resolvers(say) {
  let total = 0;
  class User {
    constructor(id) {
      this.id = id;
    }
    async name() {
      say(`name of ${this.id}`);
      for (let i = 0; i < this.id; i++) await null;
      return `user ${this.id}`;
    }
    async friends() {
      await null;
      return [new User(this.id + 1), new User(this.id + 2)];
    }
  }
  return {
    user: async ({ id }) => await new User(id),
    users: () => [new User(3), Promise.resolve(new User(1)), new User(2)],
    add: async ({ by }) => {
      await sleep(by);
      say(`add ${by}`);
      return total += by;
    },
    broken: () => rejectLater("broken"),
    maybe: () => rejectLater("not today"),
    count: ({ to }) => count(to),
  };
}

async function rejectLater(text) {
  await null;
  throw new Error(text);
}

async function* count(to) {
  for (let n = 1; n <= to; n++) {
    await sleep(1);
    yield { count: n };
  }
}
