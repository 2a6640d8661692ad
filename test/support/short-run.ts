/**
 * A run that must be short, as that of each change (.ci/run): what is done over and over is done less often, and faults
 * strike once at each step. Without this variable the commands do all of it.
 */
export const isShort = process.env.VERBATIM_TESTS === 'short'

/** So many rounds, or a fifth of them. */
export const rounds = (count: number): number => (isShort ? Math.ceil(count / 5) : count)
