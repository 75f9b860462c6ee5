// Events without VS Code.

export type Listen<T> = (event: T) => void;

/** Tells listeners, in the order in which they came. One that throws does not keep the others from being told. */
export class Emitter<T> {
  private readonly listeners = new Set<Listen<T>>();

  /** Returns what ends the listening. */
  on(listen: Listen<T>): { dispose(): void } {
    this.listeners.add(listen);
    return { dispose: () => void this.listeners.delete(listen) };
  }

  fire(event: T): void {
    for (const listen of [...this.listeners]) {
      try {
        listen(event);
      } catch (error) {
        console.error(error);
      }
    }
  }

  dispose(): void {
    this.listeners.clear();
  }
}
