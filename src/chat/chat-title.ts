const titleLength = 60

/** A chat that was started without a title is called by the first words of its first prompt. */
export function titleFromPrompt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= titleLength) return line || 'New chat'
  const cut = line.slice(0, titleLength).replace(/\s\S*$/, '')
  return `${cut.toWellFormed().replace(/\uFFFD$/, '')} …`
}
