import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { call, Place, until } from "./place.mts";
import { Workbench } from "./workbench.mts";

let place: Place;
let bench: Workbench;

before(async () => {
  place = await Place.make();
  bench = await Workbench.open(place);
});
after(async () => {
  await bench?.close();
  await place?.end();
});

test("a session started from the palette is seen running, then done", async () => {
  await bench.sidebar();
  await bench.view("Sessions").getByText("No Claude Code session yet").waitFor();
  await bench.shot("empty");
  await bench.command("Claude Sessions: Start Session…");
  await bench.fill("!hold gate", "1/4");
  await bench.choose(place.work, "2/4");
  await bench.choose("default model", "3/4");
  await bench.choose("Claude Code's default", "4/4");
  await bench.row("Sessions", /running/).waitFor();
  await bench.row("Running", /hold gate/).waitFor();
  await bench.shot("running");
  await place.release("gate");
  await bench.row("Sessions", /idle/).waitFor();
  await (await bench.transcript()).getByText("Done.").waitFor();
  await bench.shot("done");
});
