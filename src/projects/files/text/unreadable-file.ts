/** A file whose text nobody can read here; the message says what it is. */
export class UnreadableFile extends Error {}
