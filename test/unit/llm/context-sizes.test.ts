import { contextTokensAtOllama, knownContextTokens } from '../../../src/llm/context-sizes.js'

describe('the context of a model', () => {
  it.each([
    ['gpt-3.5-turbo', 16_385],
    ['gpt-3.5-turbo-0125', 16_385],
    ['gpt-3.5-turbo-instruct', 4096],
    ['ft:gpt-3.5-turbo:our-org::8abc', 16_385],
    ['gpt-4', 8192],
    ['gpt-4-0613', 8192],
    ['gpt-4-32k', 32_768],
    ['gpt-4-turbo', 128_000],
    ['gpt-4-1106-preview', 128_000],
    ['gpt-4o', 128_000],
    ['gpt-4o-mini', 128_000],
    ['chatgpt-4o-latest', 128_000],
    ['gpt-4.1-nano', 1_047_576],
    ['gpt-5', 272_000],
    ['gpt-5.4-mini', 272_000],
    ['gpt-5-chat-latest', 128_000],
    ['gpt-oss-20b', 131_072],
    ['o1', 200_000],
    ['o1-mini', 128_000],
    ['o3-mini', 200_000],
    ['o4-mini-2025-04-16', 200_000],
    ['anthropic/claude-sonnet-4', 200_000],
    ['google/gemini-2.5-flash', 1_048_576],
    ['meta-llama/Meta-Llama-3.1-8B-Instruct', 131_072],
    ['meta/llama-3:8b', 8192],
    ['llama3.2:1b', 131_072],
    ['llama3', 8192],
    ['llama2:13b', 4096],
    ['tinyllama', 2048],
    ['mistral:7b', 32_768],
    ['mistral-large-latest', 128_000],
    ['qwen2.5:7b', 32_768],
    ['deepseek-r1:8b', 64_000],
    ['phi3:mini', 4096],
    ['gemma3:4b', 32_768],
    ['gemma:2b', 8192],
  ])('%s has %i tokens', (model, tokens) => {
    expect(knownContextTokens(model)).toBe(tokens)
  })

  it.each(['our-own-model', 'o', 'o9', 'ogpt-4', 'constructor', ''])('%j is not known', (model) => {
    expect(knownContextTokens(model)).toBeUndefined()
  })

  it.each([
    ['llama3.1:8b', 8192],
    ['llama2', 4096],
    ['tinyllama', 2048],
    ['our-own-model', 8192],
  ])('%s is given %i by Ollama', (model, tokens) => {
    expect(contextTokensAtOllama(model)).toBe(tokens)
  })
})
