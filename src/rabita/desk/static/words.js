// What scripts say, in the reader's language: words-*.js, made of the catalogue, runs before all modules of a page.

export const words = globalThis.rabitaWords;
