import { type Call, type Example, type Examples, signedIn } from './example.ts'

const api = '/api/2.0/mlflow'
const roles = '/api/3.0/mlflow/roles'
const permissions = '/api/3.0/mlflow/users/permissions'

type Made = { readonly roleId: number; readonly permissionId: number }

/** On a server with the user `ada`, a model `m`, and a role that may read it and nobody holds. */
function given(
  call: (root: Call, made: Made) => ReturnType<Call>,
  ...before: ((root: Call, made: Made) => ReturnType<Call>)[]
): Example {
  return async (server) => {
    const root = signedIn(server, 'root', { isAdmin: true })
    await root('POST', `${api}/users/create`, { username: 'ada', password: 'a good password' })
    await root('POST', `${api}/registered-models/create`, { name: 'm' })
    const role = { name: 'readers', workspace: 'default' }
    const roleId = (await root('POST', `${roles}/create`, role)).json.role.id
    const added = await root('POST', `${roles}/permissions/add`, permission(roleId, 'm'))
    const made = { roleId, permissionId: added.json.role_permission.id }
    for (const step of before) await step(root, made)
    return () => call(root, made)
  }
}

function permission(role_id: number, resource_pattern: string) {
  return { role_id, resource_type: 'registered_model', resource_pattern, permission: 'READ' }
}

const onModel = { username: 'ada', resource_type: 'registered_model', resource_id: 'm' }
const grant = (root: Call) =>
  root('POST', `${permissions}/grant`, { ...onModel, permission: 'READ' })
const assign = (root: Call, { roleId }: Made) =>
  root('POST', `${roles}/assign`, { username: 'ada', role_id: roleId })

/** Roles, and what users are permitted directly. */
const newCalls: Examples = {
  createRole: given((root) =>
    root('POST', `${roles}/create`, { name: 'writers', workspace: 'default' }),
  ),
  updateRole: given((root, { roleId }) =>
    root('PATCH', `${roles}/update`, { role_id: roleId, description: 'who reads' }),
  ),
  deleteRole: given((root, { roleId }) => root('DELETE', `${roles}/delete`, { role_id: roleId })),
  addRolePermission: given((root, { roleId }) =>
    root('POST', `${roles}/permissions/add`, permission(roleId, '*')),
  ),
  updateRolePermission: given((root, { permissionId }) =>
    root('PATCH', `${roles}/permissions/update`, {
      role_permission_id: permissionId,
      permission: 'EDIT',
    }),
  ),
  removeRolePermission: given((root, { permissionId }) =>
    root('DELETE', `${roles}/permissions/remove`, { role_permission_id: permissionId }),
  ),
  assignRole: given(assign),
  unassignRole: given(
    (root, { roleId }) => root('DELETE', `${roles}/unassign`, { username: 'ada', role_id: roleId }),
    assign,
  ),
  grantUserPermission: given(grant),
  revokeUserPermission: given((root) => root('POST', `${permissions}/revoke`, onModel), grant),
}

/** The calls of clients before 3.13, on one kind of thing. */
function legacyCalls(entity: string, path: string, on: object): Examples {
  const url = `${api}/${path}/permissions`
  const create = (root: Call) =>
    root('POST', `${url}/create`, { ...on, username: 'ada', permission: 'READ' })
  return {
    [`create${entity}Permission`]: given(create),
    [`update${entity}Permission`]: given(
      (root) => root('PATCH', `${url}/update`, { ...on, username: 'ada', permission: 'EDIT' }),
      create,
    ),
    [`delete${entity}Permission`]: given(
      (root) => root('DELETE', `${url}/delete`, { ...on, username: 'ada' }),
      create,
    ),
  }
}

export const permissionChanges: Examples = {
  ...newCalls,
  ...legacyCalls('Experiment', 'experiments', { experiment_id: '0' }),
  ...legacyCalls('RegisteredModel', 'registered-models', { name: 'm' }),
}
