/** Permissions on topics of a broker that has an authorizer. */

import kafkajs from 'kafkajs';
import { eventually } from './eventually.ts';
import { withAdmin } from './kafka.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

export interface Permission {
  /** Undefined for the cluster. */
  readonly topic: string | undefined;
  /** As in `User:adapter`. */
  readonly user: string;
  readonly operation: 'READ' | 'WRITE' | 'DESCRIBE' | 'CREATE';
}

const entryOf = ({ topic, user, operation }: Permission) => ({
  resourceType: topic === undefined ? AclResourceTypes.CLUSTER : AclResourceTypes.TOPIC,
  resourceName: topic ?? 'kafka-cluster',
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: user,
  host: '*',
  operation: AclOperationTypes[operation],
  permissionType: AclPermissionTypes.ALLOW,
});

/** Resolves when the broker knows it. A topic without any entry is open to all, one with an entry to no other. */
export async function allow(brokers: string, permission: Permission): Promise<void> {
  const entry = entryOf(permission);
  await withAdmin(brokers, async (admin) => {
    await admin.createAcls({ acl: [entry] });
    await eventually(async () => (await admin.describeAcls(entry)).resources.length > 0, {
      what: 'the broker knows the permission',
    });
  });
}

export async function forbid(brokers: string, permission: Permission): Promise<void> {
  const entry = entryOf(permission);
  await withAdmin(brokers, async (admin) => {
    await admin.deleteAcls({ filters: [entry] });
    await eventually(async () => (await admin.describeAcls(entry)).resources.length === 0, {
      what: 'the broker has forgotten the permission',
    });
  });
}
