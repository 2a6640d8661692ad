export const defaultTitle = 'New chat'
const titleLength = 60

/** The first words of a prompt, as the title of the chat that it starts. Never cut inside a surrogate pair. */
export function titleFromPrompt(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  if (line.length <= titleLength) return line || defaultTitle
  const cut = line.slice(0, titleLength).replace(/\s\S*$/, '')
  return `${cut.toWellFormed().replace(/\uFFFD$/, '')} …`
}
