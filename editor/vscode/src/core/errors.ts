// What the server refuses, as data.

/** An error of a tool: a code of the taxonomy, what happened, and what to do. */
export class ToolError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly next = "",
  ) {
    super(message);
    this.name = "ToolError";
  }

  static of(error: { code: string; message: string; next?: string } | undefined, content: unknown): ToolError {
    if (error) return new ToolError(error.code, error.message, error.next);
    const text = Array.isArray(content) ? content.map((c: { text?: string }) => c.text ?? "").join("\n") : "";
    return new ToolError("internal", text || "The server said nothing.");
  }
}

/** A sentence for a person, whatever was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof ToolError) return [error.message, error.next].filter(Boolean).join(" ");
  return error instanceof Error ? error.message : String(error);
}
