import type { Child, FC } from 'hono/jsx'
import type { ArtifactFile } from '../../artifacts/files.ts'
import type { FolderItem } from '../../artifacts/list.ts'
import { Table } from '../parts/table.tsx'
import { bytesText, Given } from '../parts/text.tsx'
import type { ShownCall } from '../shell/api-call.tsx'
import type { Section } from '../shell/bar.tsx'
import type { Frame } from '../shell/frame.ts'
import { type Crumb, Page } from '../shell/page.tsx'
import { Shown } from './previews.tsx'
import type { NotebookOutputPlace } from './read-notebook.ts'
import type { Preview } from './read-preview.ts'

/** What the files belong to: a run, or a version. */
export type FileOwner = {
  readonly title: string
  readonly heading: Child
  readonly section: Section
  readonly crumbs: readonly Crumb[]
  /** The page of a folder or file of it. @param from the part of a text: from this byte, or so far from the end */
  readonly pageOf: (path: string, from?: number) => string
  /** The frame with the markup of a file, or of an output of a notebook. */
  readonly frameOf: (path: string, output?: NotebookOutputPlace) => string
  /** The file itself. */
  readonly fileOf: (path: string) => string
  /** Where a folder with a model becomes a version; undefined: another page has that. */
  readonly registerOf?: (path: string) => string
  readonly api: ShownCall
}

/** A folder, or a file of it. */
export type ShownPlace =
  | {
      readonly items: readonly FolderItem[]
      readonly next: string | undefined
    }
  | { readonly file: ArtifactFile; readonly preview: Preview }

type FilesPageProps = {
  readonly frame: Frame
  readonly owner: FileOwner
  readonly path: string
  readonly place: ShownPlace
}

/** Files of a run or a version: folders to walk, and a look at each file. */
export const FilesPage: FC<FilesPageProps> = ({ frame, owner, path, place }) => {
  const name = path.split('/').at(-1) ?? ''
  return (
    <Page
      frame={frame}
      title={name === '' ? `Files of ${owner.title}` : `${name} · ${owner.title}`}
      heading={name === '' ? <>Files of {owner.heading}</> : <Given text={name} />}
      section={owner.section}
      crumbs={crumbsOf(owner, path)}
      actions={
        owner.registerOf && isModel(place) ? (
          <a class="button" href={owner.registerOf(path)}>
            Register…
          </a>
        ) : null
      }
      api={owner.api}
    >
      {'items' in place ? (
        <Folder {...{ owner, path }} items={place.items} next={place.next} />
      ) : (
        <File {...{ frame, owner, path }} file={place.file} preview={place.preview} />
      )}
    </Page>
  )
}

/** Whether clients load the folder as a model. */
function isModel(place: ShownPlace): boolean {
  return 'items' in place && place.items.some((one) => one.name === 'MLmodel' && !one.isFolder)
}

function crumbsOf({ crumbs, pageOf }: FileOwner, path: string): Crumb[] {
  const parts = path === '' ? [] : path.split('/')
  return [
    ...crumbs,
    { text: 'Files', ...(parts.length > 0 && { href: pageOf('') }) },
    ...parts.map((text, i) => ({
      text,
      ...(i < parts.length - 1 && { href: pageOf(parts.slice(0, i + 1).join('/')) }),
    })),
  ]
}

type FolderProps = Pick<FilesPageProps, 'owner' | 'path'> & {
  readonly items: readonly FolderItem[]
  readonly next: string | undefined
}

const Folder: FC<FolderProps> = ({ owner, path, items, next }) =>
  items.length === 0 ? (
    <p class="empty">
      No files. <code>mlflow.log_artifact("report.html")</code> writes one to a run.
    </p>
  ) : (
    <>
      <Table caption="Files" columns={['Name', { title: 'Size', isNumber: true }]}>
        {items.map(({ name, isFolder, sizeBytes }) => (
          <tr>
            <th scope="row">
              <a href={owner.pageOf(path === '' ? name : `${path}/${name}`)}>
                <Given text={name} />
                {isFolder ? '/' : ''}
              </a>
            </th>
            <td class="number">{sizeBytes === undefined ? 'folder' : bytesText(sizeBytes)}</td>
          </tr>
        ))}
      </Table>
      {next === undefined ? null : (
        <p>
          <a class="button quiet" href={next}>
            More files
          </a>
        </p>
      )}
    </>
  )

type FileProps = Pick<FilesPageProps, 'frame' | 'owner' | 'path'> & {
  readonly file: ArtifactFile
  readonly preview: Preview
}

const File: FC<FileProps> = ({ frame, owner, path, file: { sizeBytes, sha256 }, preview }) => (
  <>
    <p class="row">
      <span>{bytesText(sizeBytes)}</span>
      <span class="soft">
        SHA-256 <code title={sha256}>{sha256.slice(0, 8)}</code>
      </span>
      <a class="button quiet" href={owner.fileOf(path)} download data-key="d">
        Download
      </a>
    </p>
    <Shown
      {...{ frame, preview, path, sizeBytes, sha256 }}
      address={owner.fileOf(path)}
      partOf={(from) => owner.pageOf(path, from)}
      frameOf={(output) => owner.frameOf(path, output)}
    />
  </>
)
