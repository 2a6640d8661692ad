import { audit } from '../../src/audit/cli/audit-program.js'
import { UsageError } from '../../src/cli/command.js'
import { parseArguments } from '../../src/cli/parsed-arguments.js'
import { ops } from '../../src/ops/cli/ops-program.js'

const understood = (line: string) => {
  const found = parseArguments(ops, line.split(' ').filter(Boolean))
  return 'help' in found ? found.help : [found.command.words, found.typed.arguments, found.typed.options]
}

describe('a command line', () => {
  it.each([
    ['retention run', ['retention run', [], {}]],
    ['retention run --at 2027-01-31', ['retention run', [], { at: '2027-01-31' }]],
    ['retention run --at=2027-01-31', ['retention run', [], { at: '2027-01-31' }]],
    ['users grant ann@example.org admin', ['users grant', ['ann@example.org', 'admin'], {}]],
    ['projections pause chats', ['projections pause', ['chats'], {}]],
  ])('%s', (line, expected) => expect(understood(line)).toEqual(expected))

  it.each([
    ['make coffee', /no command make coffee[\s\S]*retention run/],
    ['retention', /no command retention/],
    ['retention run --when now', /--when[\s\S]*npm run ops -- retention run \[--at <ISO time>\]/],
    ['retention run --at', /--at/],
    ['retention run now', /too much: npm run ops -- retention run/],
    ['users grant ann@example.org', /role is missing: npm run ops -- users grant <email> <role>/],
    ['projections rebuild', /name is missing/],
  ])('%s is not understood, and told why', (line, expected) => {
    expect(() => understood(line)).toThrow(UsageError)
    expect(() => understood(line)).toThrow(expected)
  })

  it.each(['', '--help', '-h', 'retention --help'])('"%s" lists all commands', (line) => {
    expect(understood(line)).toMatch(/retention run \[--at <ISO time>\]\n {4}Erase[\s\S]*projections resume <name>/)
  })

  it('knows options that take nothing', () => {
    expect(parseArguments(audit, ['receipt', '7', '--open'])).toMatchObject({
      typed: { arguments: ['7'], flags: new Set(['open']) },
    })
    expect(() => parseArguments(audit, ['receipt', '7', '--open=yes'])).toThrow(
      'npm run audit -- receipt <position> [--open]',
    )
  })

  it.each(['retention run --help', 'keys rotate -h', 'users grant --help'])('%s explains it', (line) => {
    expect(understood(line)).toMatch(new RegExp(`^npm run ops -- ${line.split(' ').slice(0, 2).join(' ')}.*\n\n`))
  })
})
