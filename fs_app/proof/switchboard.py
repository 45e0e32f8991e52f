"""What the payment switch of the proof has on top: records of calls, and numbers whose calls are recorded."""

from __future__ import annotations

from pathlib import Path

RECORDED, RECORDED_INBAND, CARELESS, CARELESS_INBAND = "15550003331", "15550003332", "15550009991", "15550009992"
_PAYMENT = """  <extension name="recorded_{number}">
    <condition field="destination_number" expression="^{number}$">
      <action application="set" data="RECORD_STEREO=true"/>
      <action application="record_session" data="{folder}/${{uuid}}.wav"/>
      <action application="set" data="fs_app_line={line}"/>
      <action application="transfer" data="fs_app XML fs_app"/>
    </condition>
  </extension>
"""
_CARELESS = """  <extension name="careless_{number}">
    <condition field="destination_number" expression="^{number}$">
      <action application="answer"/>
      <action application="set" data="RECORD_STEREO=true"/>
      <action application="record_session" data="{folder}/${{uuid}}.wav"/>
      {listen}
      <action application="play_and_get_digits" data="15 15 1 20000 # {sounds}/en/enter_card_number.wav
 {sounds}/en/not_a_choice.wav card \\d+ 5000"/>
      <action application="sleep" data="500"/>
      <action application="hangup"/>
    </condition>
  </extension>
"""
_XML_CDR = """<configuration name="xml_cdr.conf"><settings>
  <param name="log-dir" value="{folder}"/><param name="log-b-leg" value="true"/><param name="encode" value="false"/>
</settings></configuration>
"""
_JSON_CDR = """<configuration name="json_cdr.conf"><settings>
  <param name="log-dir" value="{folder}"/><param name="log-b-leg" value="true"/>
  <param name="encode-values" value="false"/>
</settings></configuration>
"""
_CSV_CDR = """<configuration name="cdr_csv.conf"><settings>
  <param name="log-base" value="{folder}"/><param name="default-template" value="all"/>
  <param name="legs" value="ab"/>
</settings><templates><template name="all">"${{caller_id_number}}","${{destination_number}}","${{start_stamp}}",\
"${{billsec}}","${{hangup_cause}}","${{uuid}}","${{digits_dialed}}","${{last_matching_digits}}","${{card}}",\
"${{last_app}}","${{last_arg}}"</template></templates></configuration>
"""
RECORDS = {"mod_xml_cdr": "**/*.xml", "mod_json_cdr": "**/*.json", "mod_cdr_csv": "**/*.csv"}


def documents(folder: Path, sounds: Path) -> dict[str, str]:
    """What the payment switch is given on top: records of calls, and numbers whose calls are recorded."""
    spoken = '<action application="spandsp_start_dtmf"/>'
    numbers = [
        _PAYMENT.format(number=RECORDED, line="auto", folder=folder),
        _PAYMENT.format(number=RECORDED_INBAND, line="inband", folder=folder),
        _CARELESS.format(number=CARELESS, listen="", folder=folder, sounds=sounds),
        _CARELESS.format(number=CARELESS_INBAND, listen=spoken, folder=folder, sounds=sounds),
    ]
    return {
        "dialplan/public/proof.xml": "<include>\n" + "".join(numbers) + "</include>\n",
        "autoload_configs/xml_cdr.conf.xml": _XML_CDR.format(folder=folder),
        "autoload_configs/json_cdr.conf.xml": _JSON_CDR.format(folder=folder),
        "autoload_configs/cdr_csv.conf.xml": _CSV_CDR.format(folder=folder),
    }
