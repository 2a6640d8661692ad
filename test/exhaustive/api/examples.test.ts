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

/** The person of the examples. She is erased after each request, so that none depends on another. */
async function ada(): Promise<Client> {
  const { body } = await nobody().post('/api/users/register', person)
  return new Client(url, { authorization: `Bearer ${body.data.token}` }, body.data.user.id, person.email)
}

const registers = (operation: Operation) => operation.path.endsWith('/register')
/** Begins a session of a guest, with the header that the operation asks for. */
const send = async ({ method }: Operation, client: Client, address: string, body: unknown) => {
  if (!(body instanceof FormData)) return await client.fetch(method, address, body)
  return await fetch(url + address, { method, headers: client.headers, body })
}

async function tryExample(operation: Operation): Promise<void> {
  const name = `${operation.method} ${operation.path}`
  const owner = await ada()
  const belongings = await Belongings.of(owner, contract, 'words')
  const body = belongings.bodyOf(operation)
  if (registers(operation)) await owner.ask('DELETE', '/api/users/profile')
  const caller = operation.roles ? admin : operation.isOpen ? nobody() : owner
  const response = await send(operation, caller, belongings.addressOf(operation), body)
  const text = await response.text()
  const fault = schemas.faultOf(operation, response.status, response.headers.get('content-type') ?? '', text)
  const again = await nobody().post('/api/users/login', {
    ...person,
    password: JSON.stringify(body).includes('even longer') ? 'an even longer secret' : person.password,
  })
  await owner.with({ authorization: `Bearer ${again.body.data.token}` }).ask('DELETE', '/api/users/profile')
  if (response.status >= 300) throw new Error(`${name}: ${response.status} ${text}`)
  if (fault) throw new Error(`${name}: ${fault}`)
}

describe('every example of a request in /docs', () => {
  it('is answered as documented when it is sent as it stands', async () => {
    const withBody = contract.operations.filter(({ requestBody }) => requestBody)
    expect(withBody.length).toBeGreaterThan(30)
    expect(
      await complaintsOf(
        withBody.map((operation) => () => tryExample(operation)),
        1,
      ),
    ).toEqual([])
  })
})
