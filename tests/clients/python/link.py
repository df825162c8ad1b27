"""Works through the life of a link with Microsoft's own libraries, against the emulator at a given address."""

import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.web import WebSiteManagementClient

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
GROUP, SITE, SERVICE = "rg-shop", "shop-web", "shop-apim"
PRODUCT = "agreeable-smoke-06273c21e"
SERVICE_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.ApiManagement/service/{SERVICE}"
)
BACKEND = {"properties": {"backendResourceId": SERVICE_ID}}


class AnyToken:
    """The emulator lets in any token."""

    def get_token(self, *scopes, **kwargs):
        return AccessToken("any", int(time.time()) + 3600)


class PlainHttp(SansIOHTTPPolicy):
    """Lets the libraries send a token over plain HTTP, which they do not do by themselves."""

    def on_request(self, request):
        request.context.options.setdefault("enforce_https", False)


def clients(address):
    options = {"base_url": address, "credential_scopes": [f"{address}/.default"], "per_call_policies": [PlainHttp()]}
    return (
        WebSiteManagementClient(AnyToken(), SUBSCRIPTION, **options),
        ApiManagementClient(AnyToken(), SUBSCRIPTION, **options),
    )


def refused(status, call, *args, **kwargs):
    """The error of a call that has to be refused."""
    try:
        call(*args, **kwargs)
    except HttpResponseError as error:
        assert error.status_code == status, f"{error.status_code} and not {status}: {error}"
        return error
    raise AssertionError(f"{call.__name__} was not refused")


def link(web):
    sites = [site.name for site in web.static_sites.list()]
    assert sites == [SITE], sites
    site = web.static_sites.get_static_site(GROUP, SITE)
    assert site.default_hostname.startswith(PRODUCT), site.default_hostname
    web.static_sites.begin_validate_backend(GROUP, SITE, "backend", BACKEND).result()
    begun = time.monotonic()
    linked = web.static_sites.begin_link_backend(GROUP, SITE, "backend", BACKEND).result()
    took = time.monotonic() - begun
    # without Retry-After the poller would sleep for half a minute
    assert took < 15, f"linking took {took:.0f} s"
    assert linked.backend_resource_id == SERVICE_ID, linked
    assert linked.provisioning_state == "Succeeded", linked.provisioning_state
    shown = web.static_sites.get_linked_backend(GROUP, SITE, "backend")
    assert shown.backend_resource_id == SERVICE_ID and shown.created_on, shown
    of_build = [it.name for it in web.static_sites.get_linked_backends_for_build(GROUP, SITE, "default")]
    assert of_build == ["backend"], of_build
    again = web.static_sites.begin_link_backend_to_build(GROUP, SITE, "default", "backend", BACKEND).result()
    assert again.name == "backend", again.name
    second = refused(400, web.static_sites.begin_link_backend, GROUP, SITE, "another", BACKEND)
    assert "more than one linked backend" in str(second), second


def look(apim):
    assert [service.name for service in apim.api_management_service.list()] == [SERVICE]
    product = apim.product.get(GROUP, SERVICE, PRODUCT)
    assert product.display_name == f"Azure Static Web Apps - {PRODUCT}.5.azurestaticapps.net (Linked)"
    assert product.subscription_required and product.state == "published", product
    policy = apim.product_policy.get(GROUP, SERVICE, PRODUCT, "policy")
    assert "validate-jwt" in policy.value and "\r\n\t" in policy.value, policy.value
    holders = list(apim.product_subscriptions.list(GROUP, SERVICE, PRODUCT))
    assert len(holders) == 1 and holders[0].primary_key is None, holders
    assert holders[0].scope.endswith(f"/products/{PRODUCT}") and holders[0].state == "active"
    assert [it.name for it in apim.product.list_by_service(GROUP, SERVICE, filter=f"name eq '{PRODUCT}'")]
    return holders[0].name


def apis(apim):
    names = [api.name for api in apim.api.list_by_service(GROUP, SERVICE)]
    assert names == ["catalog", "orders"], names
    refused(404, apim.product_api.check_entity_exists, GROUP, SERVICE, PRODUCT, "orders")
    added = apim.product_api.create_or_update(GROUP, SERVICE, PRODUCT, "orders")
    assert added.path == "api/orders", added.path
    assert apim.product_api.check_entity_exists(GROUP, SERVICE, PRODUCT, "orders")
    assert [api.name for api in apim.product_api.list_by_product(GROUP, SERVICE, PRODUCT)] == ["orders"]
    new = {"display_name": "new", "path": "api/new", "protocols": ["https"], "service_url": "https://new.example"}
    made = apim.api.begin_create_or_update(GROUP, SERVICE, "new", new).result()
    assert made.path == "api/new" and made.is_current, made
    apim.product_api.delete(GROUP, SERVICE, PRODUCT, "orders")


def keys(apim, holder):
    before = apim.subscription.list_secrets(GROUP, SERVICE, holder)
    apim.subscription.regenerate_primary_key(GROUP, SERVICE, holder)
    apim.subscription.regenerate_secondary_key(GROUP, SERVICE, holder)
    after = apim.subscription.list_secrets(GROUP, SERVICE, holder)
    assert len({before.primary_key, before.secondary_key, after.primary_key, after.secondary_key}) == 4
    own = apim.subscription.update(GROUP, SERVICE, holder, "*", {"primary_key": "0" * 32})
    assert own.primary_key == "0" * 32


def take_away(web, apim, holder):
    web.static_sites.unlink_backend(GROUP, SITE, "backend")
    assert list(web.static_sites.get_linked_backends(GROUP, SITE)) == []
    assert apim.product.get(GROUP, SERVICE, PRODUCT), "product and subscription stay"
    stale = '"AAAAAAAACb0="'
    refused(412, apim.subscription.delete, GROUP, SERVICE, holder, stale)
    refused(400, apim.product.delete, GROUP, SERVICE, PRODUCT, "*")
    tags = []

    def keep_tag(response):
        tags.append(response.http_response.headers["ETag"])

    apim.subscription.get(GROUP, SERVICE, holder, raw_response_hook=keep_tag)
    apim.subscription.delete(GROUP, SERVICE, holder, tags[0])
    apim.product.get(GROUP, SERVICE, PRODUCT, raw_response_hook=keep_tag)
    apim.product.delete(GROUP, SERVICE, PRODUCT, tags[1])
    apim.product.delete(GROUP, SERVICE, PRODUCT, "*")
    try:
        apim.product.get(GROUP, SERVICE, PRODUCT)
    except ResourceNotFoundError as error:
        assert error.error.code == "ResourceNotFound", error
    else:
        raise AssertionError("the product is still there")
    apim.api.begin_delete(GROUP, SERVICE, "new", "*").result()


def main(address):
    web, apim = clients(address)
    link(web)
    holder = look(apim)
    apis(apim)
    keys(apim, holder)
    take_away(web, apim, holder)


if __name__ == "__main__":
    main(sys.argv[1])
