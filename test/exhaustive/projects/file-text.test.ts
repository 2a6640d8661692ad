import { TextExtraction } from '../../../src/projects/files/text/text-extraction.js'
import { officeTypes, pdf, pdfOf, wordOf, zip } from '../../support/projects/office-files.js'

const extraction = new TextExtraction()
const { word, excel, powerpoint } = officeTypes

const textOf = (type: string, file: Buffer | string) =>
  extraction.textOf(type, async function* () {
    yield Buffer.from(file)
  })

describe('the text of a file', () => {
  it('is what a text has, in whatever letters it was written', async () => {
    expect(await textOf('text/markdown', '# Prices\n\t42 €')).toBe('# Prices\n\t42 €')
    expect(await textOf('text/csv', '\uFEFFa,b')).toBe('a,b')
    expect(await textOf('text/plain', Buffer.from('\uFEFFGrüße', 'utf16le'))).toBe('Grüße')
    expect(await textOf('text/plain', Buffer.from('Grüße', 'latin1'))).toBe('Grüße')
    expect(await textOf('application/json', '{"a": 1}')).toBe('{"a": 1}')
  })

  it('is that of a Word file, line by line', async () => {
    expect(await textOf(word, wordOf('Tom &amp; J&#233;r&#xf4;me', 'Second'))).toBe('Tom & Jérôme\nSecond\n')
  })

  it('is that of all sheets of an Excel file, with tabs between cells', async () => {
    const file = zip({
      'xl/sharedStrings.xml': '<sst><si><t>Name</t></si><si><r><t>Pri</t></r><r><t>ce</t></r></si></sst>',
      'xl/worksheets/sheet10.xml': '<row><c r="A1" t="inlineStr"><is><t>last</t></is></c></row>',
      'xl/worksheets/sheet2.xml':
        '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c/><c><f>1+1</f><v>42</v></c></row>',
    })
    expect(await textOf(excel, file)).toBe('Sheet 1\nName\tPrice\n\t42\n\n\nSheet 2\nlast\n')
  })

  it('is that of all slides of a presentation', async () => {
    const slide = (text: string) => `<p:sld><a:p><a:r><a:t>${text}</a:t></a:r><a:br/></a:p></p:sld>`
    const file = zip({ 'ppt/slides/slide2.xml': slide('Two'), 'ppt/slides/slide1.xml': slide('One') })
    expect(await textOf(powerpoint, file)).toBe('Slide 1\nOne\t\n\n\nSlide 2\nTwo\t\n')
  })

  it('is that of a PDF', async () => {
    expect(await textOf('application/pdf', pdfOf('Widgets cost 42'))).toBe('Widgets cost 42\n\n')
  })

  it('ends after a million characters, and cuts none', async () => {
    const text = await textOf('text/plain', `x${'😀'.repeat(600_000)}`)
    expect([text!.length, text!.isWellFormed()]).toEqual([1_000_000, true])
  })

  it.each([
    ['an image', 'image/png', 'x'],
    ['bytes that are no text', 'text/plain', Buffer.from([1, 0, 2])],
    ['no PDF', 'application/pdf', 'hello'],
    ['a PDF without text', 'application/pdf', pdf('')],
    ['no archive', word, 'PK and nothing more'],
    ['an archive of something else', word, zip({ 'a.txt': 'x' })],
    ['an archive that was cut', word, wordOf('x').subarray(20)],
    ['an archive that unfolds to gigabytes', word, zip({ 'word/document.xml': Buffer.alloc(100_000_000) })],
  ])('is nothing for %s', async (_, type, file) => {
    expect(await textOf(type, file)).toBeUndefined()
  })

  it('is found however deep its tags are, and whatever entities claim to be', async () => {
    const bomb = '<!DOCTYPE a [<!ENTITY a "&a;&a;">]>'
    const deep = `${bomb}${'<w:tbl>'.repeat(500_000)}<w:p><w:t>here &a; &#x110000;</w:t></w:p>`
    expect(await textOf(word, zip({ 'word/document.xml': deep }))).toBe('here &a; &#x110000;\n')
  })

  it('is given up for a page that unfolds without end; the process does other things meanwhile, and goes on', async () => {
    let ticks = 0
    const ticking = setInterval(() => ticks++, 5)
    expect(await textOf('application/pdf', pdf(Buffer.alloc(1 << 29, ' ')))).toBeUndefined()
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(10)
    expect(await textOf('application/pdf', pdfOf('still here'))).toContain('still here')
  })
})
