// Works through the life of a link with Microsoft's own libraries, against the emulator at a given address.

import assert from "node:assert/strict";
import { ApiManagementClient } from "@azure/arm-apimanagement";
import { WebSiteManagementClient } from "@azure/arm-appservice";
import { bearerTokenAuthenticationPolicyName } from "@azure/core-rest-pipeline";

const [subscription, group, site, service] = [
  "00000000-0000-0000-0000-000000000000", "rg-shop", "shop-web", "shop-apim",
];
const product = "agreeable-smoke-06273c21e";
const serviceId =
  `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.ApiManagement/service/${service}`;
const anyToken = { getToken: async () => ({ token: "any", expiresOnTimestamp: Date.now() + 3_600_000 }) };

// The libraries send no token over plain HTTP. This sends one.
function over(address, Client) {
  const client = new Client(anyToken, subscription, { endpoint: address, allowInsecureConnection: true });
  client.pipeline.removePolicy({ name: bearerTokenAuthenticationPolicyName });
  client.pipeline.addPolicy({
    name: "anyToken",
    sendRequest: (request, next) => {
      request.headers.set("authorization", "Bearer any");
      request.allowInsecureConnection = true;
      return next(request);
    },
  });
  return client;
}

async function collect(list) {
  const found = [];
  for await (const value of list) found.push(value);
  return found;
}

const refused = (status, call) => assert.rejects(call, (error) => error.statusCode === status);

const address = process.argv[2];
const web = over(address, WebSiteManagementClient);
const apim = over(address, ApiManagementClient);
const backend = { backendResourceId: serviceId };

assert.deepEqual((await collect(web.staticSites.list())).map((it) => it.name), [site]);
await web.staticSites.beginValidateBackendAndWait(group, site, "backend", backend);
const linked = await web.staticSites.beginLinkBackendAndWait(group, site, "backend", backend);
assert.equal(linked.backendResourceId, serviceId);
assert.equal((await web.staticSites.getLinkedBackend(group, site, "backend")).provisioningState, "Succeeded");
await refused(400, () => web.staticSites.beginLinkBackendAndWait(group, site, "another", backend));

const found = await apim.product.get(group, service, product);
assert.equal(found.displayName, `Azure Static Web Apps - ${product}.5.azurestaticapps.net (Linked)`);
const [holder] = await collect(apim.productSubscriptions.list(group, service, product));
assert.equal(holder.primaryKey, undefined);
assert.match((await apim.productPolicy.get(group, service, product, "policy")).value, /validate-jwt/);
await apim.productApi.createOrUpdate(group, service, product, "orders");
assert.equal((await apim.productApi.checkEntityExists(group, service, product, "orders")).body, true);

const before = await apim.subscription.listSecrets(group, service, holder.name);
await apim.subscription.regeneratePrimaryKey(group, service, holder.name);
await apim.subscription.regenerateSecondaryKey(group, service, holder.name);
const after = await apim.subscription.listSecrets(group, service, holder.name);
assert.equal(new Set([before, after].flatMap((it) => [it.primaryKey, it.secondaryKey])).size, 4);

await web.staticSites.unlinkBackend(group, site, "backend");
assert.deepEqual(await collect(web.staticSites.listLinkedBackends(group, site)), []);
await refused(412, () => apim.subscription.delete(group, service, holder.name, '"AAAAAAAACb0="'));
const { eTag } = await apim.subscription.get(group, service, holder.name);
await apim.subscription.delete(group, service, holder.name, eTag);
await apim.product.delete(group, service, product, "*");
await refused(404, () => apim.product.get(group, service, product));
