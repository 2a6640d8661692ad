import { readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import { node, ProgramError, say } from './run.mjs'

const results = '.cache/jest-results.json'
/** More failures than this are no accident. */
const mostRepeated = 3

export const jest = (config, options) => node('node_modules/jest/bin/jest.js', ['--config', config, ...options])

/**
 * Runs the tests. Files that fail run once more, alone, after all others; at most three. A file that passes only then
 * is named at the end: something in it depends on how busy the machine is, and has to be mended.
 */
export async function jestWithRepeats(config, options) {
  rmSync(results, { force: true })
  try {
    await jest(config, [...options, '--json', `--outputFile=${results}`])
  } catch (error) {
    const failed = failedFiles()
    if (!(error instanceof ProgramError) || failed.length === 0 || failed.length > mostRepeated) throw error
    say(`failed, and run once more, alone: ${failed.join(', ')}`)
    await jest(config, ['--runInBand', '--runTestsByPath', ...failed])
    say(`PASSED ONLY WHEN REPEATED, to be mended: ${failed.join(', ')}`)
  }
}

function failedFiles() {
  try {
    const { testResults } = JSON.parse(readFileSync(results, 'utf8'))
    return testResults.filter(({ status }) => status === 'failed').map(({ name }) => relative('.', name))
  } catch (error) {
    if (error.code === 'ENOENT') return [] // Jest ended before it had results
    throw error
  }
}
