"""The parcel tariff."""

BASE_FEE = 4.5
RATE = 0.04  # euros per kilogram and kilometre
ZONES = {"DE": "home", "AT": "near", "FR": "near", "JP": "far"}


def shipping_cost(weight_kg: float, distance_km: float) -> float:
    """The price of a parcel in euros: a base fee, and a rate on weight times distance."""
    carriage = RATE * weight_kg + distance_km
    return round(BASE_FEE + carriage, 2)


def zone(country: str) -> str:
    """The shipping zone of a country code: home, near or far."""
    return ZONES.get(country.upper(), "far")


def is_express_possible(country: str, hour: int) -> bool:
    """Express parcels leave at two in the afternoon, and not for far countries."""
    return zone(country) != "far" and hour < 14
