import { longestText } from './longest-text.js'
import { UnreadableFile } from './unreadable-file.js'
import { ZipEntries } from './zip-entries.js'

/**
 * The text of Word, Excel and PowerPoint files, from the XML in them. It looks for the few tags that hold text or end a
 * line, one after the other, and builds no tree: so neither depth nor entities of a hostile file can cost anything.
 */
export function wordText(file: Buffer): string {
  const document = new ZipEntries(file).text('word/document.xml')
  if (document === undefined) throw new UnreadableFile('has no document in it')
  return textOf(document, { text: /^w:t$/, space: /^w:(tab|br)$/, line: /^w:p$/ })
}

export function slidesText(file: Buffer): string {
  const zip = new ZipEntries(file)
  const texts: string[] = []
  for (const [i, name] of numbered(zip, /^ppt\/slides\/slide(\d+)\.xml$/).entries()) {
    texts.push(`Slide ${i + 1}\n${textOf(zip.text(name)!, { text: /^a:t$/, space: /^a:br$/, line: /^a:p$/ })}`)
    if (lengthOf(texts) > longestText) break
  }
  return texts.join('\n\n')
}

/** Rows as lines, cells with tabs between them. */
export function sheetsText(file: Buffer): string {
  const zip = new ZipEntries(file)
  const shared = sharedStrings(zip.text('xl/sharedStrings.xml') ?? '')
  const texts: string[] = []
  for (const [i, name] of numbered(zip, /^xl\/worksheets\/sheet(\d+)\.xml$/).entries()) {
    texts.push(`Sheet ${i + 1}\n${sheetText(zip.text(name)!, shared)}`)
    if (lengthOf(texts) > longestText) break
  }
  return texts.join('\n\n')
}

function sheetText(xml: string, shared: readonly string[]): string {
  let [text, value, isShared, isFirstCell, isValue] = ['', '', false, true, false]
  for (const { tag, attributes, isEnd, before } of tags(xml)) {
    if (isValue) value += before
    if (tag === 'c' && !isEnd) [value, isShared] = ['', /\bt="s"/.test(attributes)]
    if (tag === 'v' || tag === 't') isValue = !isEnd
    if (tag === 'c' && isEnd) {
      text += (isFirstCell ? '' : '\t') + (isShared ? (shared[Number(value)] ?? '') : unescaped(value))
      isFirstCell = false
    }
    if (tag === 'row' && isEnd) [text, isFirstCell] = [`${text}\n`, true]
    if (text.length > longestText) break
  }
  return text
}

function sharedStrings(xml: string): string[] {
  const strings: string[] = []
  let [string, isText] = ['', false]
  for (const { tag, isEnd, before } of tags(xml)) {
    if (isText) string += before
    if (tag === 't') isText = !isEnd
    if (tag === 'si' && isEnd) {
      strings.push(unescaped(string))
      string = ''
    }
  }
  return strings
}

function textOf(xml: string, { text, space, line }: Record<'text' | 'space' | 'line', RegExp>): string {
  let [found, isText] = ['', false]
  for (const { tag, isEnd, before } of tags(xml)) {
    if (isText) found += before
    if (text.test(tag)) isText = !isEnd
    if (space.test(tag) && !isEnd) found += '\t'
    if (line.test(tag) && isEnd) found += '\n'
    if (found.length > longestText) break
  }
  return unescaped(found)
}

interface Tag {
  tag: string
  attributes: string
  isEnd: boolean
  /** The text between the tag before and this one. */
  before: string
}

function* tags(xml: string): Generator<Tag> {
  for (let at = 0; ;) {
    const from = xml.indexOf('<', at)
    const to = from < 0 ? -1 : xml.indexOf('>', from)
    if (to < 0) return
    const isEnd = xml[from + 1] === '/'
    const isEmpty = xml[to - 1] === '/'
    const inside = xml.slice(from + (isEnd ? 2 : 1), isEmpty ? to - 1 : to)
    const tag = /^[^\s]*/.exec(inside)![0]
    const attributes = inside.slice(tag.length)
    yield { tag, attributes, isEnd, before: xml.slice(at, from) }
    if (isEmpty) yield { tag, attributes, isEnd: true, before: '' }
    at = to + 1
  }
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.replace(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(\w{1,4}));/gi,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return named[name] ?? all
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : all
    },
  )

function numbered(zip: ZipEntries, pattern: RegExp): string[] {
  const numberOf = (name: string) => Number(pattern.exec(name)![1])
  const names = zip.names.filter((name) => pattern.test(name)).sort((a, b) => numberOf(a) - numberOf(b))
  if (names.length === 0) throw new UnreadableFile('has no pages in it')
  return names
}

const lengthOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0)
