// What sessions ask of a person, answered wherever it is seen first.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { call, Place, until } from "./place.mts";
import { story, violations, Workbench } from "./workbench.mts";

interface Details {
  session: { session_id: string; status: string };
  turn?: { status: string; result?: string };
  requests?: { request_id: string }[];
}

let place: Place;
let bench: Workbench;
let other: Client;
const seen = () => bench;

before(async () => {
  place = await Place.make({ flags: ["--request-timeout=10m"] });
  other = await place.client();
  bench = await Workbench.open(place);
  await bench.sidebar();
});
after(async () => {
  await bench?.close();
  await place?.end();
});

const start = (name: string, prompt: string, by = other): Promise<unknown> => call(by, "start_session", { name, prompt, cwd: place.work, wait_seconds: 0 });

const details = (session: string): Promise<Details> => call<Details>(other, "get_session", { session });

const idle = (session: string): Promise<void> => until(async () => (await details(session)).session.status === "idle", 60_000, `${session} is idle`);

const use = (tool: string, input: unknown): string => `!tool ${tool} ${JSON.stringify(input)}`;

const touch = (file: string): string => use("Bash", { command: `touch ${file}`, description: "Make a file" });

story("a permission is given in the notification", seen, async () => {
  await start("makes-a-file", `${touch("one.txt")}\n!say Made it.`);
  const notification = bench.notification("touch one.txt");
  await notification.waitFor();
  await bench.row("Waiting", /makes-a-file asks: Bash: touch one.txt/).waitFor();
  await bench.row("Sessions", /makes-a-file, waiting for an answer/).waitFor();
  await bench.shot("request");
  await notification.getByText("Allow", { exact: true }).click();
  await idle("makes-a-file");
  assert.ok(existsSync(join(place.work, "one.txt")));
  await notification.waitFor({ state: "hidden" });
  await bench.view("Waiting").getByText("Nobody waits for you.").waitFor();
});

story("another in the Waiting view, while the client that began it asks the same", seen, async () => {
  const { asked, gone, client } = await place.asker();
  await start("asked-twice", `${touch("two.txt")}\n!say Made it.`, client);
  await asked;
  const { requests } = await details("asked-twice");
  await bench.inline(bench.row("Waiting", /asked-twice/), "Allow");
  await idle("asked-twice");
  assert.ok(existsSync(join(place.work, "two.txt")));
  await gone; // who asks the same is told that it need not any more
  const late = call(client, "answer_request", { session: "asked-twice", request_id: requests![0]!.request_id, decision: "deny" });
  await assert.rejects(late, /conflict|not_found/);
});

story("answered elsewhere, the notification goes away by itself", seen, async () => {
  await start("answered-elsewhere", `${touch("three.txt")}\n!say Well.`);
  const notification = bench.notification("touch three.txt");
  await notification.waitFor();
  const { requests } = await details("answered-elsewhere");
  await call(other, "answer_request", { session: "answered-elsewhere", request_id: requests![0]!.request_id, decision: "deny", message: "Not now." });
  await notification.waitFor({ state: "hidden" });
  await idle("answered-elsewhere");
  assert.ok(!existsSync(join(place.work, "three.txt")));
});

story("an edit is shown as a diff in the transcript, and allowed there", seen, async () => {
  const path = join(place.work, "clock.go");
  await start("writes-code", `${use("Write", { file_path: path, content: "package clock\n\nvar Now = time.Now\n" })}\n!say Written.`);
  await bench.row("Sessions", /writes-code/).click();
  const frame = await bench.transcript();
  const card = frame.locator(".request");
  await card.locator(".diff .added").filter({ hasText: "var Now" }).waitFor();
  assert.deepEqual(await violations(frame), []);
  await bench.shot("edit");
  await card.getByRole("button", { name: "Allow", exact: true }).click();
  await idle("writes-code");
  assert.ok(existsSync(path));
  await card.waitFor({ state: "detached" });
});

story("a question is a form", seen, async () => {
  const question = { question: "Which clock?", header: "Clock", multiSelect: false, options: [{ label: "Wall", description: "Tells the time" }, { label: "Monotonic", description: "Only goes forward" }] };
  await start("has-a-question", `${use("AskUserQuestion", { questions: [question] })}\n!say Thanks.`);
  await bench.row("Waiting", /has-a-question asks: Which clock/).click();
  await bench.choose("Monotonic", "Clock");
  await idle("has-a-question");
  const { messages } = await call<{ messages: unknown[] }>(other, "read_transcript", { session: "has-a-question", format: "json", include_tools: "full" });
  assert.match(JSON.stringify(messages), /Monotonic/);
});

story("always allowed, the like is not asked again", seen, async () => {
  await start("always", `${use("WebFetch", { url: "http://127.0.0.1:9/", prompt: "x" })}\n!say Tried.`);
  const row = bench.row("Waiting", /always asks/);
  await row.waitFor();
  await bench.inline(row, "Always Allow");
  await idle("always");
  const { session } = await call<{ session: { settings: { allowed_tools?: string[] } } }>(other, "get_session", { session: "always" });
  assert.match(JSON.stringify(session.settings.allowed_tools), /WebFetch/);
});

story("interrupted in the Running view, it stops and can go on", seen, async () => {
  await start("runs-for-ever", "!say Here I go.\n!hold never");
  const row = bench.row("Running", /runs-for-ever/);
  await row.waitFor();
  await bench.shot("running");
  await bench.inline(row, "Interrupt");
  await bench.row("Sessions", /runs-for-ever, interrupted/).waitFor();
  await bench.view("Running").getByText("Nothing runs.").waitFor();
});

story("no request left the machine", seen, () => {
  assert.deepEqual([...bench.outside], []);
});
