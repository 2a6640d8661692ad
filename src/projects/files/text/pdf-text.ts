import { longestText } from './longest-text.js'
import { UnreadableFile } from './unreadable-file.js'

const mostPages = 5_000

/** Marks of a page's structure are items without a text. */
interface TextItem {
  str: string
  hasEOL: boolean
}

/** The text of a PDF, page by page. Without text, for example scanned, it is unreadable. */
export async function pdfText(file: Buffer): Promise<string> {
  const { getDocumentProxy } = await import('unpdf')
  const options = { isEvalSupported: false, verbosity: 0, stopAtErrors: false }
  const pdf = await getDocumentProxy(new Uint8Array(file), options)
  let text = ''
  for (let n = 1; n <= Math.min(pdf.numPages, mostPages) && text.length <= longestText; n++) {
    const page = await pdf.getPage(n)
    const { items } = await page.getTextContent()
    text += `${(items as Partial<TextItem>[]).map(({ str = '', hasEOL }) => str + (hasEOL ? '\n' : '')).join('')}\n\n`
    page.cleanup()
  }
  if (text.trim() === '') throw new UnreadableFile('has no text in it; it may be scanned')
  return text
}
