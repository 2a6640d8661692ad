import { readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The bar, in percent. */
const goal = 90

/** Those that lived, by what they change: their numbers differ from run to run. */
const lived = '.cache/mutants-alive.json'

/** Whether a mutant lived in the last run. */
export async function aliveBefore() {
  const known = new Set(JSON.parse(await readFile(lived, 'utf8')))
  return (mutant) => known.has(nameOf(mutant))
}

const nameOf = ({ fileName, location: { start, end }, replacement }) =>
  `${fileName} ${start.line}:${start.column}-${end.line}:${end.column} ${replacement}`

/** Prints the mutants that live, and what share of each file and folder does not. */
export async function report({ mutants, results, files }) {
  const known = JSON.parse(await readFile('test/mutants/equivalent.json', 'utf8'))
  const texts = new Map(
    await Promise.all(files.map(async (file) => [file, (await readFile(file, 'utf8')).split('\n')])),
  )
  const tallies = new Map()
  const alive = []
  const names = []
  for (const mutant of mutants) {
    const { fileName, location, mutatorName, id } = mutant
    const line = texts.get(fileName)[location.start.line].trim()
    const change = `${oneLine(textAt(texts.get(fileName), location))} → ${oneLine(mutant.replacement)}`
    const noticedBy = results.get(id)
    const isEqual =
      !noticedBy && known.some((one) => one.file === fileName && one.line === line && one.change === change)
    for (const name of [fileName, `${dirname(fileName)}/`, 'all']) {
      const tally = tallies.get(name) ?? { all: 0, noticed: 0, equal: 0, late: 0 }
      tallies.set(name, tally)
      if (isEqual) tally.equal++
      else tally.all++
      if (noticedBy) tally.noticed++
      if (noticedBy === 'time') tally.late++
    }
    if (isEqual || noticedBy) continue
    names.push(nameOf(mutant))
    const why = results.has(id) ? 'unnoticed' : 'not reached'
    alive.push(`  ${fileName}:${location.start.line + 1} ${why} (${mutatorName})\n    ${line}\n    ${change}`)
  }
  for (const one of alive) console.log(one)
  await writeFile(lived, JSON.stringify(names))
  const byName = [...tallies].sort(
    ([a], [b]) => Number(a.endsWith('.ts')) - Number(b.endsWith('.ts')) || (a < b ? -1 : 1),
  )
  for (const [name, { all, noticed, equal, late }] of byName.reverse())
    console.log(
      `${percent(noticed, all)} % of ${String(all).padStart(4)}  ${name} (${equal} equal in effect, ${late} noticed by time)`,
    )
  const { all, noticed } = tallies.get('all')
  console.log(`${noticed} of ${all} mutants noticed; the bar is ${goal} %`)
  process.exitCode = noticed >= (goal / 100) * all ? 0 : 1
}

const oneLine = (text) => text.replaceAll(/\s+/g, ' ')

function textAt(lines, { start, end }) {
  if (start.line === end.line) return lines[start.line].slice(start.column, end.column)
  const between = lines.slice(start.line + 1, end.line)
  return [lines[start.line].slice(start.column), ...between, lines[end.line].slice(0, end.column)].join('\n')
}

const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) : '—').padStart(5)
