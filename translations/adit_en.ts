<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>adit::ui::ListNotice</name>
    <message numerus="yes">
        <source>…and %n more, in the log</source>
        <translation>
            <numerusform>…and %n more, in the log</numerusform>
            <numerusform>…and %n more, in the log</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Your list of tunnels has %n problem(s)</source>
        <translation>
            <numerusform>Your list of tunnels has %n problem</numerusform>
            <numerusform>Your list of tunnels has %n problems</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>adit::ui::MainWindow</name>
    <message numerus="yes">
        <source>%n tunnel(s)</source>
        <translation>
            <numerusform>%n tunnel</numerusform>
            <numerusform>%n tunnels</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>adit::ui::Notices</name>
    <message numerus="yes">
        <source>%n tunnel(s) went offline</source>
        <translation>
            <numerusform>%n tunnel went offline</numerusform>
            <numerusform>%n tunnels went offline</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>adit::ui::StatusBanner</name>
    <message numerus="yes">
        <source>Not connected. Next attempt in %n second(s).</source>
        <translation>
            <numerusform>Not connected. Next attempt in %n second.</numerusform>
            <numerusform>Not connected. Next attempt in %n seconds.</numerusform>
        </translation>
    </message>
</context>
</TS>
