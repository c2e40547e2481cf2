/** How a file is looked at, by its name: `plain` by its bytes alone. */
export type FileKind = 'settings' | 'graph' | 'hdf' | 'arrays' | 'pickle' | 'plain'

/** Names of files that are pickles, or archives that hold them, whatever their bytes say. */
const pickleNames = /\.(pkl|pickle|p|pk|joblib|dill|cloudpickle|sav|pt|pth|ckpt|npy|npz|keras)$/i
const codeNames = /\.(py|pyc|pyd|pyw|so|dll|dylib|whl|egg|jar|sh|bat|ps1|exe)$/i
const templateNames = /\.(jinja|jinja2|j2|tmpl|tpl|mustache)$/i

export function isPickleName(path: string): boolean {
  return pickleNames.test(path)
}

export function isHdfName(path: string): boolean {
  return /\.(h5|hdf5)$/i.test(path)
}

/** Python and other programs, and libraries: they run when something imports them. */
export function isCodeName(path: string): boolean {
  return codeNames.test(path)
}

export function isTemplateName(path: string): boolean {
  return templateNames.test(path)
}

/** How a file of this name is looked at; equal bytes are looked at once for each kind. */
export function fileKindOf(path: string): FileKind {
  if (/(config|chat_template)\.json$/i.test(path)) return 'settings'
  if (/\.pb$/i.test(path)) return 'graph'
  if (isHdfName(path)) return 'hdf'
  if (/\.np[yz]$/i.test(path)) return 'arrays'
  return isPickleName(path) ? 'pickle' : 'plain'
}
