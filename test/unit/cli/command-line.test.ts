import { audit } from '../../../src/audit/cli/audit-program.js'
import { UsageError } from '../../../src/cli/command.js'
import { parseCommandLine } from '../../../src/cli/command-line.js'
import { ops } from '../../../src/ops/cli/ops-program.js'

const parsed = (line: string) => {
  const found = parseCommandLine(ops, line.split(' ').filter(Boolean))
  return 'help' in found ? found.help : [found.command.name, found.input.arguments, found.input.options]
}

describe('a command line', () => {
  it.each([
    ['retention run', ['retention run', [], {}]],
    ['retention run --at 2027-01-31', ['retention run', [], { at: '2027-01-31' }]],
    ['retention run --at=2027-01-31', ['retention run', [], { at: '2027-01-31' }]],
    ['users grant ann@example.org admin', ['users grant', ['ann@example.org', 'admin'], {}]],
    ['projections pause chats', ['projections pause', ['chats'], {}]],
  ])('%s', (line, expected) => expect(parsed(line)).toEqual(expected))

  it.each([
    ['make coffee', /no command make coffee[\s\S]*retention run/],
    ['retention', /no command retention/],
    ['retention run --when now', /--when[\s\S]*npm run ops -- retention run \[--at <ISO time>\]/],
    ['retention run --at', /--at/],
    ['retention run now', /too many arguments: npm run ops -- retention run/],
    ['users grant ann@example.org', /role is missing: npm run ops -- users grant <email, user name or id> <role>/],
    ['projections rebuild', /name is missing/],
  ])('%s is refused, and told why', (line, expected) => {
    expect(() => parsed(line)).toThrow(UsageError)
    expect(() => parsed(line)).toThrow(expected)
  })

  it.each(['', '--help', '-h', 'retention --help'])('"%s" lists all commands', (line) => {
    expect(parsed(line)).toMatch(/retention run \[--at <ISO time>\]\n {4}Erase[\s\S]*projections resume <name>/)
  })

  it('knows options that take nothing', () => {
    expect(parseCommandLine(audit, ['receipt', '7', '--open'])).toMatchObject({
      input: { arguments: ['7'], flags: new Set(['open']) },
    })
    expect(() => parseCommandLine(audit, ['receipt', '7', '--open=yes'])).toThrow(
      'npm run audit -- receipt <position> [--open]',
    )
  })

  it.each(['retention run --help', 'keys rotate -h', 'users grant --help'])('%s explains it', (line) => {
    expect(parsed(line)).toMatch(new RegExp(`^npm run ops -- ${line.split(' ').slice(0, 2).join(' ')}.*\n\n`))
  })
})
