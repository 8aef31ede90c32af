// These packages come without types of their own.
declare module 'spdx-expression-parse' {
  export type Parsed = { readonly license: string; readonly plus?: true; readonly exception?: string } | { readonly conjunction: 'and' | 'or'; readonly left: Parsed; readonly right: Parsed };
  /** Throws for anything that is no expression of listed ids and LicenseRefs. */
  export default function parse(expression: string): Parsed;
}

declare module 'spdx-correct' {
  export default function correct(text: string, options?: { readonly upgrade?: boolean }): string | null;
}
