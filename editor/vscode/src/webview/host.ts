// The other side: the extension.

import type { PageData, ToHost } from "../core/messages";

interface Api {
  postMessage(message: ToHost): void;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

export const data = JSON.parse(document.body.dataset.page ?? "{}") as PageData;

/** Kept by VS Code for when the window is reloaded. */
api.setState(data.state);

export const tell = (message: ToHost): void => api.postMessage(message);

/** A word of the page, {0} and so on filled in. */
export const word = (name: string, ...args: (string | number)[]): string =>
  (data.words[name] ?? name).replace(/\{(\d+)\}/g, (_, n: string) => String(args[Number(n)] ?? ""));
