/** dataloader: batches that are formed between the last microtask of a job and the next one. */
import DataLoader from "dataloader";
import { metronome } from "./steps.mjs";

export default async function main(say) {
  const users = new DataLoader((ids) => loadUsers(say, ids));
  const posts = new DataLoader((ids) => loadPosts(say, ids), {
    maxBatchSize: 3,
  });
  const ticking = metronome(say, 40);
  const all = await Promise.all(
    [1, 2, 3, 1, 4].map((id) => profile(users, posts, id)),
  );
  for (const line of all) say(line);
  await ticking;
  const [first, second] = await Promise.allSettled([
    users.load(13),
    users.load(5),
  ]);
  say(`${first.reason.message}, ${second.value}`);
  users.clear(13).prime(13, "user 13 after all");
  say(await users.load(13));
  const scheduled = new DataLoader((ids) => loadUsers(say, ids), {
    batchScheduleFn: (callback) => setTimeout(callback, 150),
  });
  const loads = [scheduled.load(7)];
  queueMicrotask(() => loads.push(scheduled.load(8)));
  await new Promise((resolve) => setTimeout(resolve, 1));
  loads.push(scheduled.load(9));
  say((await Promise.all(loads)).join(", "));
}

async function profile(users, posts, id) {
  const user = await users.load(id);
  const [friend, ...titles] = await Promise.all([
    users.load((id % 4) + 1),
    posts.load(id),
    posts.load(id + 1),
  ]);
  return `${user}, friend of ${friend}: ${titles.join(" and ")}`;
}

async function loadUsers(say, ids) {
  say(`users ${ids}`);
  await null;
  return ids.map((id) => id === 13 ? new Error("no user 13") : `user ${id}`);
}

async function loadPosts(say, ids) {
  say(`posts ${ids}`);
  await Promise.resolve();
  return ids.map((id) => `post ${id}`);
}
