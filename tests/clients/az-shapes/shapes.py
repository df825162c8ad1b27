"""Prints what `az` prints for answers of Azure Resource Manager.

Standard input is a JSON array of resources as Azure Resource Manager answers them. Each is read with the models of
the Azure SDK for Python and written with the serialiser of the Azure CLI, as `az … --output json` does for a list.
"""

import json
import sys

from azure.cli.core.commands import AzCliCommandInvoker
from azure.cli.core.commands.transform import register_global_transforms
from azure.cli.core.util import todict
from azure.mgmt.apimanagement import models as apim
from azure.mgmt.apimanagement._serialization import Deserializer
from azure.mgmt.web import models as web

MODELS = {
    'microsoft.apimanagement/service': 'ApiManagementServiceResource',
    'microsoft.apimanagement/service/apis': 'ApiContract',
    'microsoft.apimanagement/service/apiversionsets': 'ApiVersionSetContract',
    'microsoft.apimanagement/service/products': 'ProductContract',
    'microsoft.apimanagement/service/products/apis': 'ApiContract',
    'microsoft.apimanagement/service/products/policies': 'PolicyContract',
    'microsoft.apimanagement/service/subscriptions': 'SubscriptionContract',
    'microsoft.web/staticsites': web.StaticSiteARMResource,
    'microsoft.web/staticsites/builds': web.StaticSiteBuildARMResource,
    'microsoft.web/staticsites/builds/linkedbackends': web.StaticSiteLinkedBackendARMResource,
}


class Events:
    """Collects the transforms that the Azure CLI applies to every result."""

    def __init__(self):
        self.transforms = []

    def register_event(self, _name, handler, **_kwargs):
        self.transforms.append(handler)


def shaped(resource):
    model = MODELS[resource['type'].lower()]
    if isinstance(model, str):
        classes = {name: value for name, value in vars(apim).items() if isinstance(value, type)}
        return Deserializer(classes)(model, resource)
    return model(resource)


def main():
    events = Events()
    register_global_transforms(events)
    result = [todict(shaped(it), AzCliCommandInvoker.remove_additional_prop_layer) for it in json.load(sys.stdin)]
    event_data = {'result': result}
    for transform in events.transforms:
        transform(None, event_data=event_data)
    json.dump(event_data['result'], sys.stdout, indent=2)
    print()


main()
