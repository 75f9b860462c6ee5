// The session that a command is for, when it is picked.

import { expect, test } from "vitest";
import { pick } from "../../src/commands/pick";
import type { Parts } from "../../src/commands/index";
import { boxes } from "./vscode";

const parts = (call: () => Promise<unknown>) => ({ app: { server: { call } } }) as unknown as Parts;

test("left before the sessions were listed, nothing is picked, and the box is gone", async () => {
  const picked = pick(parts(() => new Promise(() => {})));
  boxes.at(-1)?.hide();
  expect(await picked).toBeUndefined();
  expect(boxes.at(-1)?.disposed).toBe(true);
});

test("what goes wrong is told to who asks, and the box is gone", async () => {
  const wrong = new Error("no server");
  await expect(pick(parts(() => Promise.reject(wrong)))).rejects.toBe(wrong);
  expect(boxes.at(-1)?.disposed).toBe(true);
});
