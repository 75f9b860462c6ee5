// A folder that is not trusted: the views are there, and nothing is started.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Place, until } from "./place.mts";
import { story, Workbench } from "./workbench.mts";

let place: Place;
let bench: Workbench;
const seen = () => bench;

before(async () => {
  place = await Place.make({ untrusted: true, settings: { "security.workspace.trust.startupPrompt": "never" } });
  bench = await Workbench.open(place);
});
after(async () => {
  await bench?.close();
  await place?.end();
});

/** Processes of ours, whatever they do. */
const ours = () => place.processes((args) => args[0]?.endsWith("/mcp-server") === true);

story("the view says that it is not trusted; what is asked for is not done", seen, async () => {
  await bench.sidebar();
  await bench.view("Sessions").getByText("This workspace is not trusted").waitFor();
  for (const command of ["Start Session…", "Check the Installation"]) {
    await bench.command(`Claude Sessions: ${command}`);
    const refusal = bench.notification("not trusted");
    await refusal.first().waitFor();
    await bench.command("Notifications: Clear All Notifications");
    await refusal.first().waitFor({ state: "hidden" });
  }
  await bench.shot("untrusted");
  assert.deepEqual(ours(), []);
});

story("trusted, it starts", seen, async () => {
  await bench.view("Sessions").getByRole("button", { name: "Manage Trust" }).click();
  await bench.page.getByRole("button", { name: "Trust", exact: true }).first().click();
  await bench.view("Sessions").getByText("No Claude Code session yet").waitFor();
  await until(() => place.servers().length === 1);
});
