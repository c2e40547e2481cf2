/** All items of a paged list, page by page. @param ask fetches the page after a token */
export async function readEveryPage<T>(
  ask: (
    page_token: string | undefined,
  ) => Promise<{ items: readonly T[]; next_page_token?: string | undefined }>,
): Promise<T[]> {
  const all: T[] = []
  let token: string | undefined
  do {
    const { items, next_page_token } = await ask(token)
    all.push(...items)
    token = next_page_token
  } while (token !== undefined)
  return all
}
