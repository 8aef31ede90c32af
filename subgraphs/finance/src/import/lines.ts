/** Lines of text as bytes, one behind the other: a text that is written at once lives short and costs little. */
export class Lines {
  #bytes: Buffer<ArrayBuffer>;
  #end = 0;

  /** `size` in bytes: what is taken at first; it grows. */
  constructor(size = 64 * 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  /** In bytes. */
  get end(): number {
    return this.#end;
  }

  add(text: string): void {
    // a character of UTF-16 is at most three bytes of UTF-8
    this.#reserve(text.length * 3);
    this.#end += this.#bytes.write(text, this.#end);
  }

  addBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.set(bytes.subarray(start, end), this.#end);
    this.#end += end - start;
  }

  /** All, without a copy: of use until the next line is added. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#end);
  }

  /** All since the last call, as memory that is the caller's own; goes on in `next` when that is given. */
  take(next?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const taken = this.view();
    this.#bytes = next === undefined ? Buffer.allocUnsafeSlow(this.#bytes.length) : Buffer.from(next);
    this.#end = 0;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#end + more));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
  }
}
