/** One line of a plot: a value for each of its times; null where there is none. */
export interface Line {
  readonly label: string
  readonly values: readonly (number | null)[]
}
