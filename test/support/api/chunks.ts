/** The data of each event of a stream of OpenAI's kind, without the [DONE] at its end; `isDone` says whether it came. */
export async function chunksOf(response: Response) {
  const blocks = (await response.text()).split('\n\n').filter((block) => block && !block.startsWith(':'))
  const data = blocks.map((block) =>
    block
      .split('\n')
      .find((line) => line.startsWith('data: '))!
      .slice(6),
  )
  const isDone = data.at(-1) === '[DONE]'
  // oxlint-disable-next-line typescript/no-explicit-any
  return { isDone, chunks: (isDone ? data.slice(0, -1) : data).map((one): any => JSON.parse(one)) }
}
