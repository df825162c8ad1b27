//! The text form of the report of `api list`.

use super::{
    format::Rows,
    layout::{Entry, list},
    style::{Label, Style},
    ui::Report,
};
use crate::report::{ApiListReport, ApiReport};

impl Report for ApiListReport {
    fn text(&self, style: Style) -> String {
        if self.apis.is_empty() {
            return "the service has no APIs\n".to_owned();
        }
        let row = |api: &ApiReport| {
            let in_product = if api.in_product { "yes" } else { "no" };
            Entry::new([Label::from(&api.name), address(api).into()]).with(in_product)
        };
        let head = Entry::new(["API", "PATH"].map(Label::from)).with("IN THE PRODUCT");
        list(&[head].into_iter().chain(self.apis.iter().map(row)).collect::<Vec<_>>(), style)
    }

    fn rows(&self) -> Rows {
        let columns = ["name", "path", "inProduct"].map(str::to_owned).into();
        let row = |api: &ApiReport| vec![api.name.clone(), api.path.clone(), api.in_product.to_string()];
        Rows { columns, rows: self.apis.iter().map(row).collect() }
    }
}

/// Returns the path at which clients call an API, including its version.
fn address(api: &ApiReport) -> String {
    let Some(version) = &api.version else { return format!("/{}", api.path) };
    let address = version.address.as_deref();
    match (address, &version.header) {
        (Some(address), Some(header)) => format!("/{address} ({header}: {})", version.name),
        (Some(address), None) => format!("/{address}"),
        (None, _) => format!("/{} (version {}: its version set could not be read)", api.path, version.name),
    }
}
