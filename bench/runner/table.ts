/** Rows of cells as plain text: the first column aligned left, figures aligned right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('   ')
      .trimEnd()
  return rows.map(line).join('\n')
}

export const integer = (number: number): string => Math.round(number).toLocaleString('en-US')
export const decimal = (number: number): string => (number < 10 ? number.toFixed(2) : number.toFixed(1))
export const ratio = (number: number): string => `${number.toFixed(number < 10 ? 2 : 1)} ×`
