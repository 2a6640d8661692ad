/** Gives somebody a file. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

export const saveJson = (value: unknown, name: string): void =>
  save(new Blob([JSON.stringify(value)], { type: 'application/json' }), name)
