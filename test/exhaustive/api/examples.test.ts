import { Belongings } from '../../support/api/belongings.js'
import { complaintsOf } from '../../support/api/checks.js'
import { Contract, type Operation } from '../../support/api/contract.js'
import { AnswerSchemas } from '../../support/hostile/answer-schemas.js'
import { Database } from '../../support/ops/database.js'
import { Client, World } from '../../support/world.js'

let world: World
let contract: Contract
let schemas: AnswerSchemas
let url: string
let admin: Client

beforeAll(async () => {
  ;({ world } = await World.withModel())
  url = await world.start().url()
  contract = await Contract.of(url)
  schemas = new AnswerSchemas(contract)
  admin = await world.account(url)
  await world.closeAtEnd(await Database.of(world)).grant(admin.id, 'admin')
})
afterAll(() => world?.end())

const person = { username: 'ada', email: 'ada@example.org', password: 'a long secret', name: 'Ada Lovelace' }
const nobody = () => new Client(url)
const nameOf = ({ method, path }: Operation) => `${method} ${path}`

/** These are refused unless something is wrong, or a model has asked for a call, and say so. */
const refusals: Readonly<Record<string, string>> = {
  'POST /ops/projections/{name}/skip': 'not_failed',
  'POST /api/ai/chats/{chatId}/tool-outputs': 'not_found',
}

async function loggedIn(kind: 'register' | 'login', body: object): Promise<Client> {
  const { data } = (await nobody().post(`/api/users/${kind}`, body)).body
  return new Client(url, { authorization: `Bearer ${data.token}` }, data.user.id, person.email)
}

const sendBody = async ({ method }: Operation, client: Client, address: string, body: unknown) =>
  body instanceof FormData
    ? await fetch(url + address, { method, headers: client.headers, body })
    : await client.fetch(method, address, body)

/** The person of the examples is there anew for each request, and erased after it: none depends on another. */
async function tryExample(operation: Operation): Promise<void> {
  const ada = await loggedIn('register', person)
  const belongings = await Belongings.of(ada, contract, 'words')
  const body = belongings.bodyOf(operation)
  if (operation.path.endsWith('/register')) await ada.ask('DELETE', '/api/users/profile')
  const caller = operation.roles ? admin : operation.isOpen ? nobody() : ada
  const response = await sendBody(operation, caller, belongings.addressOf(operation), body)
  const text = await response.text()
  const newPassword = (body as { newPassword?: string }).newPassword
  const again = await loggedIn('login', { ...person, ...(newPassword !== undefined && { password: newPassword }) })
  await again.ask('DELETE', '/api/users/profile')
  const fault = schemas.faultOf(operation, response.status, response.headers.get('content-type') ?? '', text)
  const isExpected = response.ok || (JSON.parse(text) as { code: string }).code === refusals[nameOf(operation)]
  if (fault || !isExpected) throw new Error(`${nameOf(operation)}: ${response.status} ${fault ?? text}`)
}

describe('every example of a request in /docs', () => {
  it('is answered as documented when it is sent as it stands', async () => {
    const withBody = contract.operations.filter(({ requestBody }) => requestBody)
    expect(withBody.length).toBeGreaterThan(30)
    const tries = withBody.map((operation) => () => tryExample(operation))
    expect(await complaintsOf(tries, 1)).toEqual([])
  })
})
