/** A server as the default export of the entry module, with the endpoint of Looptrace in it. */
import { Hono } from "hono";
import { debugTrace } from "../../../../src/http/hono.ts";

const app = new Hono();
app.route("/debug", debugTrace());
app.get("/users/:id", async (c) => {
  const user = await find(c.req.param("id"));
  return c.json(user);
});

async function find(id) {
  await Bun.sleep(3);
  return { id };
}

export default {
  port: 0,
  fetch(request, server) {
    if (new URL(request.url).pathname === "/port") {
      return new Response(String(server.port));
    }
    return app.fetch(request, server);
  },
};
