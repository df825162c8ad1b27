//! Regions: their ids, and the names that Azure uses in answers.

/// Each region's id and display name.
const REGIONS: &[(&str, &str)] = &[
    ("australiaeast", "Australia East"),
    ("australiasoutheast", "Australia Southeast"),
    ("brazilsouth", "Brazil South"),
    ("canadacentral", "Canada Central"),
    ("canadaeast", "Canada East"),
    ("centralindia", "Central India"),
    ("centralus", "Central US"),
    ("eastasia", "East Asia"),
    ("eastus", "East US"),
    ("eastus2", "East US 2"),
    ("francecentral", "France Central"),
    ("germanywestcentral", "Germany West Central"),
    ("italynorth", "Italy North"),
    ("japaneast", "Japan East"),
    ("japanwest", "Japan West"),
    ("koreacentral", "Korea Central"),
    ("northcentralus", "North Central US"),
    ("northeurope", "North Europe"),
    ("norwayeast", "Norway East"),
    ("polandcentral", "Poland Central"),
    ("southafricanorth", "South Africa North"),
    ("southcentralus", "South Central US"),
    ("southeastasia", "Southeast Asia"),
    ("southindia", "South India"),
    ("spaincentral", "Spain Central"),
    ("swedencentral", "Sweden Central"),
    ("switzerlandnorth", "Switzerland North"),
    ("uaenorth", "UAE North"),
    ("uksouth", "UK South"),
    ("ukwest", "UK West"),
    ("westcentralus", "West Central US"),
    ("westeurope", "West Europe"),
    ("westindia", "West India"),
    ("westus", "West US"),
    ("westus2", "West US 2"),
    ("westus3", "West US 3"),
];

/// Returns the display name of a region; an unknown region is returned unchanged.
pub(super) fn display_name(region: &str) -> String {
    let id = id(region);
    REGIONS.iter().find(|(known, _)| *known == id).map_or(region, |(_, shown)| *shown).to_owned()
}

/// Returns a region's id, given its id or its display name.
pub(super) fn id(region: &str) -> String {
    region.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_written_as_azure_writes_it() {
        for (given, shown) in [
            ("eastus", "East US"),
            ("East US", "East US"),
            ("westcentralus", "West Central US"),
            ("mars", "mars"),
        ] {
            assert_eq!(display_name(given), shown);
        }
        assert_eq!(id("West US 2"), "westus2");
    }
}
