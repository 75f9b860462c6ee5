// Markdown that is not to be trusted: HTML in it is text, and pictures are links, as the page loads nothing from outside.

import hljs from "highlight.js/lib/common";
import MarkdownIt from "markdown-it";

function highlight(code: string, language: string): string {
  const known = language && hljs.getLanguage(language) ? language : "";
  return known && code.length < 100_000 ? hljs.highlight(code, { language: known, ignoreIllegals: true }).value : escape(code);
}

const markdown = new MarkdownIt({ html: false, linkify: true, highlight });
const { escapeHtml: escape } = markdown.utils;
markdown.renderer.rules.image = (tokens, i) => {
  const token = tokens[i];
  const src = escape(String(token?.attrGet("src") ?? ""));
  return `<a href="${src}">${escape(String(token?.content || src))}</a>`;
};

export const render = (text: string): string => markdown.render(text);
