// Words for people. The core does not know VS Code, so whoever starts it says how to translate.

export type Translate = (message: string, ...args: (string | number)[]) => string;

const plain: Translate = (message, ...args) =>
  message.replace(/\{(\d+)\}/g, (_, n: string) => String(args[Number(n)] ?? ""));

let translate: Translate = plain;

/** The words of the person's language, from now on. */
export function useTranslation(how: Translate): void {
  translate = how;
}

/** message in the person's language, {0} and so on filled in. */
export const t: Translate = (message, ...args) => translate(message, ...args);
