"""The headers of a channel on the simulated switch, as a real one has them; the values are neutral.

Taken from recorded transcripts, in their order: one ``name: value`` a line, gaps in braces.
"""

from __future__ import annotations

EVENT = """\
Core-UUID: 00000000-1111-4222-8333-444444444444
FreeSWITCH-Hostname: switch1
FreeSWITCH-Switchname: switch1
FreeSWITCH-IPv4: 192.0.2.10
FreeSWITCH-IPv6: fd00::2
Event-Date-Local: {local}
Event-Date-GMT: {gmt}
Event-Date-Timestamp: {stamp}
Event-Calling-File: {file}
Event-Calling-Function: {function}
Event-Calling-Line-Number: {line}
Event-Sequence: {sequence}"""

CHANNEL = """\
Channel-State: {state}
Channel-Call-State: {call_state}
Channel-State-Number: {state_number}
Channel-Name: {channel}
Unique-ID: {uuid}
Call-Direction: {direction}
Presence-Call-Direction: {direction}
Channel-HIT-Dialplan: {hit_dialplan}
Channel-Call-UUID: {uuid}
Answer-State: {answer_state}"""

CODECS = """\
Channel-Read-Codec-Name: PCMU
Channel-Read-Codec-Rate: 8000
Channel-Read-Codec-Bit-Rate: 64000
Channel-Write-Codec-Name: PCMU
Channel-Write-Codec-Rate: 8000
Channel-Write-Codec-Bit-Rate: 64000"""

PROFILE = """\
Direction: {direction}
Logical-Direction: {direction}
Username: {number}
Dialplan: {dialplan}
Caller-ID-Name: {name}
Caller-ID-Number: {number}
Orig-Caller-ID-Name: {name}
Orig-Caller-ID-Number: {number}
Network-Addr: 127.0.0.1
ANI: {number}
Destination-Number: {destination}
Unique-ID: {uuid}
Source: mod_sofia
Context: {context}
Channel-Name: {channel}
Profile-Index: 1
Profile-Created-Time: {created}
Channel-Created-Time: {created}
Channel-Answered-Time: {answered}
Channel-Progress-Time: 0
Channel-Progress-Media-Time: 0
Channel-Hangup-Time: {hung_up}
Channel-Transfer-Time: 0
Channel-Resurrect-Time: 0
Channel-Bridged-Time: {bridged}
Channel-Last-Hold: 0
Channel-Hold-Accum: 0
Screen-Bit: true
Privacy-Hide-Name: false
Privacy-Hide-Number: false"""

# Of the leg that a channel is bridged with; a real one has thirty of them.
OTHER = """\
Other-Type: {type}
Other-Leg-Direction: {direction}
Other-Leg-Caller-ID-Name: {name}
Other-Leg-Caller-ID-Number: {number}
Other-Leg-Destination-Number: {destination}
Other-Leg-Unique-ID: {uuid}
Other-Leg-Channel-Name: {channel}"""

# What a leg has that the switch itself placed.
LEG_VARIABLES = """\
direction: outbound
is_outbound: true
uuid: {uuid}
call_uuid: {uuid}
session_id: 43
channel_name: {channel}
origination_caller_id_name: {name}
origination_caller_id_number: {number}
ignore_early_media: true
originate_endpoint: sofia
audio_media_flow: sendrecv
read_codec: PCMU
read_rate: 8000
write_codec: PCMU
write_rate: 8000
dtmf_type: rfc2833
endpoint_disposition: ANSWER"""

VARIABLES = """\
direction: inbound
uuid: {uuid}
session_id: 42
sip_from_user: {number}
sip_from_uri: {number}@127.0.0.1
sip_from_host: 127.0.0.1
video_media_flow: disabled
text_media_flow: disabled
channel_name: {channel}
sip_call_id: {uuid}
sip_local_network_addr: 127.0.0.1
sip_network_ip: 127.0.0.1
sip_network_port: 5080
sip_invite_stamp: {created}
sip_received_ip: 127.0.0.1
sip_received_port: 5080
sip_via_protocol: udp
sip_from_user_stripped: {number}
sip_from_tag: S9e2Nvvp24Frm
sofia_profile_name: internal
sofia_profile_url: sip:mod_sofia@127.0.0.1:5080
recovery_profile_name: internal
sip_Remote-Party-ID: "{name}" <sip:{number}@127.0.0.1>;party=calling;screen=yes;privacy=off
sip_cid_type: rpid
sip_full_via: SIP/2.0/UDP 127.0.0.1:5080;rport=5080;branch=z9hG4bKNS5Xa93SaNaXc
sip_from_display: {name}
sip_full_from: "{name}" <sip:{number}@127.0.0.1>;tag=S9e2Nvvp24Frm
sip_full_to: <sip:{destination}@127.0.0.1:5080>
sip_allow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY
sip_req_user: {destination}
sip_req_port: 5080
sip_req_uri: {destination}@127.0.0.1:5080
sip_req_host: 127.0.0.1
sip_to_user: {destination}
sip_to_port: 5080
sip_to_uri: {destination}@127.0.0.1:5080
sip_to_host: 127.0.0.1
sip_contact_user: mod_sofia
sip_contact_port: 5080
sip_contact_uri: mod_sofia@127.0.0.1:5080
sip_contact_host: 127.0.0.1
sip_user_agent: FreeSWITCH-mod_sofia/1.10.12-release~64bit
sip_via_host: 127.0.0.1
sip_via_port: 5080
sip_via_rport: 5080
max_forwards: 70
switch_r_sdp: {sdp}
ep_codec_string: CORE_PCM_MODULE.PCMU@8000h@20i@64000b
rtp_use_codec_string: PCMU
remote_video_media_flow: inactive
remote_text_media_flow: inactive
remote_audio_media_flow: sendrecv
audio_media_flow: sendrecv
remote_media_ip: 127.0.0.1
remote_media_port: 16706
rtp_audio_recv_pt: 0
rtp_use_codec_name: PCMU
rtp_use_codec_rate: 8000
rtp_use_codec_ptime: 20
rtp_use_codec_channels: 1
rtp_last_audio_codec_string: PCMU@8000h@20i@1c
read_codec: PCMU
original_read_codec: PCMU
read_rate: 8000
original_read_rate: 8000
write_codec: PCMU
write_rate: 8000
dtmf_type: rfc2833
endpoint_disposition: RECEIVED
DP_MATCH: ARRAY::{destination}|:{destination}
call_uuid: {uuid}"""

ANSWERED_VARIABLES = {
    "rtp_local_sdp_str": "v=0\r\no=FreeSWITCH 1 2 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\n"
    "t=0 0\r\nm=audio 17818 RTP/AVP 0 101 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\na=sendrecv\r\n",
    "local_media_ip": "127.0.0.1",
    "local_media_port": "17818",
    "advertised_media_ip": "127.0.0.1",
    "rtp_use_timer_name": "soft",
    "rtp_use_pt": "0",
    "rtp_use_ssrc": "3607920686",
    "rtp_2833_send_payload": "101",
    "rtp_2833_recv_payload": "101",
    "endpoint_disposition": "ANSWER",
    "sip_to_tag": "tj8tQQDtZD6ag",
    "sip_cseq": "123106595",
}
CALLER_LEFT_VARIABLES = {
    "sip_reason": 'Q.850;cause=16;text="NORMAL_CLEARING"',
    "sip_term_status": "200",
    "proto_specific_hangup_cause": "sip:200",
    "sip_term_cause": "16",
}

REPORT_ZEROS = """
bridge_epoch bridge_uepoch last_hold_epoch last_hold_uepoch hold_accum_seconds hold_accum_usec hold_accum_ms
resurrect_epoch resurrect_uepoch progress_epoch progress_uepoch progress_media_epoch progress_media_uepoch
duration billsec progresssec answersec waitsec progress_mediasec flow_billsec mduration billmsec progressmsec
answermsec waitmsec progress_mediamsec flow_billmsec uduration billusec progressusec answerusec waitusec
progress_mediausec flow_billusec rtp_audio_in_raw_bytes rtp_audio_in_media_bytes rtp_audio_in_packet_count
rtp_audio_in_media_packet_count rtp_audio_in_skip_packet_count rtp_audio_in_jitter_packet_count
rtp_audio_in_dtmf_packet_count rtp_audio_in_cng_packet_count rtp_audio_in_flush_packet_count
rtp_audio_in_largest_jb_size rtp_audio_in_jitter_min_variance rtp_audio_in_jitter_max_variance
rtp_audio_in_jitter_loss_rate rtp_audio_in_jitter_burst_rate rtp_audio_in_mean_interval rtp_audio_in_flaw_total
rtp_audio_in_quality_percentage rtp_audio_in_mos rtp_audio_out_raw_bytes rtp_audio_out_media_bytes
rtp_audio_out_packet_count rtp_audio_out_media_packet_count rtp_audio_out_skip_packet_count
rtp_audio_out_dtmf_packet_count rtp_audio_out_cng_packet_count rtp_audio_rtcp_packet_count
rtp_audio_rtcp_octet_count"""
