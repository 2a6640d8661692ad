/** What somebody has typed into a form and sent: its texts, by the names of their fields. */
export function textsOf(sent: SubmitEvent): Record<string, string> {
  sent.preventDefault()
  const fields = [...new FormData(sent.currentTarget as HTMLFormElement)]
  return Object.fromEntries(fields.map(([name, value]) => [name, typeof value === 'string' ? value.trim() : '']))
}
