"""Synthetic circuits in synthetic countries."""

import unicodedata
from dataclasses import dataclass

from f1_ingest.synthetic.dataset import Circuit


@dataclass(frozen=True)
class Track:
    """A circuit for the simulation.

    Attributes:
        length_km: of a lap.
        best_ms: a perfect lap, in milliseconds.
        zone: its time zone, in hours ahead of UTC.
    """

    circuit: Circuit
    length_km: float
    best_ms: int
    zone: int

    def laps(self, distance_km: float = 305.0) -> int:
        """Laps needed for a distance."""
        return int(distance_km / self.length_km) + 1


_PLACES = """
Solvane Ring|Solvane|Aldria|47.21|8.11|5.8|93|1
Brakkenfjord|Brakkenfjord|Vesmark|59.42|10.73|5.1|88|1
Kestor Raceway|Kestor|Kestoria|41.02|28.96|5.3|86|3
Autódromo São Vireo|São Vireo|Sunelândia|-22.91|-43.17|4.4|72|-3
Quorra Street Circuit|Quorra|Quoria|24.46|54.36|5.6|84|4
Halvik Bay|Halvik|Halvia|55.67|12.56|4.3|70|1
Tarn Heights|Upper Tarn|Tarnland|52.07|-1.01|5.9|87|0
Ostrava Nova|Ostrava Nova|Ostria|49.83|18.29|6.2|101|1
Circuit de la Mère Grise|Port Gris|Grisonne|43.73|7.42|3.4|73|1
Yamabuki Course|Yamabuki|Hinode|34.84|136.54|5.8|90|9
Red Mesa Park|Red Mesa|Cordova|30.13|-97.64|5.5|96|-6
Marisol Speedway|Marisol|Marisol|19.40|-99.09|4.3|77|-6
Pallas Marina|Pallas|Thessara|38.24|21.73|5.2|85|2
Lindholm Park|Lindholm|Norrmark|57.70|11.97|4.7|78|1
Zandering|Zandering|Lowlands|52.38|4.54|4.2|71|1
Monte Velino|Velino|Etruria|45.61|9.28|5.8|81|1
Karoo Circuit|Karoo|Transkar|-25.99|28.07|4.5|75|2
Baixa Norte|Baixa Norte|Lusara|37.22|-8.62|4.6|79|0
Lac Bleu|Lac Bleu|Acadie|45.50|-73.52|4.4|73|-5
Tidewater Harbour|Tidewater|Austrania|-37.84|144.96|5.3|80|10
Suriyan Night Circuit|Suriyan|Siamara|1.29|103.86|4.9|92|8
Crescent Corniche|Crescent|Hijara|21.63|39.10|6.1|90|3
Dune Gate|Dune Gate|Bahrania|26.03|50.51|5.4|91|3
Golden Mile|Golden|Silverado|36.11|-115.17|6.2|94|-8
Hoshi Speedway|Hoshi|Kaiyo|35.37|138.92|4.5|77|9
Petrograd Ring|Novigrad|Ruskaya|59.93|30.33|5.8|95|3
Anatol Park|Anatol|Anatolia Minor|40.95|29.40|5.3|85|3
Sepanggar|Sepanggar|Malaya Nova|2.76|101.73|5.5|93|8
"""
_SHORT = "Karvel Oval|Karvel|Karvelia|26.02|50.52|3.5|54|3"
"""A circuit with lap times below a minute."""


def plain(text: str) -> str:
    """Lower case without accents, for ids."""
    return unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()


def _track(line: str) -> Track:
    name, locality, country, latitude, longitude, length, seconds, zone = line.split("|")
    circuit_id = f"synth_{'_'.join(plain(locality).split())}"
    circuit = Circuit(
        circuit_id=circuit_id,
        name=name,
        locality=locality,
        country=country,
        latitude=latitude,
        longitude=longitude,
        url=f"https://synthetic.invalid/circuits/{circuit_id}",
    )
    return Track(circuit, float(length), int(seconds) * 1000, int(zone))


SHORT_TRACK = _track(_SHORT)
TRACKS = tuple(_track(line) for line in _PLACES.strip().splitlines())
