"""An example of an answer to Ergast's clients."""

from f1_api.ergast.models import ErgastAnswer, ErgastData

ergast_answer = ErgastAnswer(
    ErgastData(
        xmlns="",
        series="f1",
        url="http://localhost:8000/ergast/f1/2024/drivers/ada_falk.json",
        limit="30",
        offset="0",
        total="1",
        DriverTable={
            "season": "2024",
            "driverId": "ada_falk",
            "Drivers": [
                {
                    "driverId": "ada_falk",
                    "permanentNumber": "7",
                    "code": "FAL",
                    "givenName": "Ada",
                    "familyName": "Falk",
                    "dateOfBirth": "1996-03-09",
                    "nationality": "Norwegian",
                }
            ],
        },
    )
)
