import { chats } from '../../src/chat/read-models/chats.js'
import { expectReadModelLaws } from '../support/read-model-laws.js'

describe('a list of chats', () => {
  expectReadModelLaws(chats)
})
