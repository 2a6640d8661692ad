/** Texts of errors, of the log and of /docs are left alone: no test has to repeat them. */
export const textsForPeople = {
  shouldIgnore: (path) =>
    [isSaid, isAbout, isAboutPattern, isMessageOfField, isOnlyShown].some((is) => is(path))
      ? 'a text for people'
      : undefined,
}

const namesOfErrors = /Error$|^(Refused|Unproven|Disproved|notEncodable|malformed|notYet|damaged|missing)$/
const namesOfReports = /^(log|warn|debug|error|inSpan|say|describe|header|count)$/

const isText = ({ type }) => type === 'StringLiteral' || type === 'TemplateLiteral'
const isValueOf = ({ node, parent }, ...names) =>
  parent?.type === 'ObjectProperty' && parent.value === node && names.includes(parent.key.name)
const namesIn = ({ properties }) => properties.map(({ key }) => key?.name)

/** As in `new Refused('not_found', 'there is no such chat')` and `this.log.warn('…')`. */
function isSaid({ node, parent }) {
  const isCall = parent?.type === 'NewExpression' || parent?.type === 'CallExpression'
  if (!isText(node) || !isCall || !parent.arguments.includes(node)) return false
  const name = parent.callee.property?.name ?? parent.callee.name ?? ''
  return namesOfErrors.test(name) || namesOfReports.test(name)
}

/** As in `{ about: 'A name for the chat' }`. */
const isAbout = (path) => isText(path.node) && isValueOf(path, 'about', 'description', 'summary')

/** As in `{ pattern: [/^\w+$/, 'must be a word'] }`. */
const isAboutPattern = ({ node, parent, parentPath }) =>
  isText(node) &&
  parent?.type === 'ArrayExpression' &&
  isValueOf({ node: parent, parent: parentPath.parent }, 'pattern')

/** As in `{ field: 'after', message: 'is not there' }`. */
const isMessageOfField = (path) => isValueOf(path, 'message') && namesIn(path.parentPath.parent).includes('field')

/** As in `z.string().meta({ example: 'conv_1' })` and `.refine(isJson, { message })`. */
function isOnlyShown({ node, parent }) {
  if (node.type !== 'ObjectExpression' || parent.type !== 'CallExpression') return false
  const shown = { meta: ['example', 'examples', 'description'], refine: ['message'] }[parent.callee.property?.name]
  return shown !== undefined && namesIn(node).every((name) => shown.includes(name))
}
