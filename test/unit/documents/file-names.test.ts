import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' })

const pages = filesIn('docs').filter((file) => file.endsWith('.md'))
const names = new Set(filesIn('src').map((file) => basename(file)))
const mentionedIn = (text: string) => [...text.matchAll(/`((?:[\w.-]+\/)*[\w.-]+\.ts)`/g)].map(([, file]) => file!)

describe('the pages of docs', () => {
  it.each(pages)('%s: names files that there are', (page) => {
    const isThere = (file: string) =>
      existsSync(join('src', file)) || existsSync(file) || (!file.includes('/') && names.has(file))
    const text = readFileSync(join('docs', page), 'utf8')
    expect(mentionedIn(text).filter((file) => !isThere(file))).toEqual([])
  })

  it('main-flow.md: names a file without its folder only after another file of that folder', () => {
    let folder = ''
    const lost: string[] = []
    for (const file of mentionedIn(readFileSync('docs/main-flow.md', 'utf8'))) {
      if (file.includes('/')) folder = dirname(file)
      else if (!existsSync(join('src', file)) && !existsSync(join('src', folder, file))) lost.push(`${folder}: ${file}`)
    }
    expect(lost).toEqual([])
  })
})
